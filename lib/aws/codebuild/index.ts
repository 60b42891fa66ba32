/** Compute on AWS CodeBuild: all that is known of it stands in this folder. */
import type { ComputePlanner } from '../../domain/ports/compute.ts';
import { setting } from '../settings.ts';
import { type AllowedCompute, parseAllowed } from './allowed.ts';
import { choose } from './choose.ts';
import { endOf } from './ended.ts';
import { startOf } from './machine.ts';

export { codeBuildMachines } from './builds.ts';

/** @throws Error at cold start when the setting is missing or wrong */
export const codeBuild = (
  allowed: AllowedCompute = parseAllowed(setting('STAITHE_COMPUTE')),
): ComputePlanner => ({
  choose: (need) => choose(need, allowed),
  startOf: (task) => ({ ...startOf(task, allowed) }),
  endOf,
});
