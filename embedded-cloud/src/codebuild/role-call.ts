/** What CodeBuild calls with a project's role while it runs a build. */
import type { Cloud } from '../service.ts';
import { throughThrottling } from '../throttled.ts';
import type { Build } from './build.ts';

export type RoleCall = (service: string, action: string, input: Record<string, unknown>) => Promise<unknown>;

/** About ten minutes: builds that start together open their logs and read their variables together. */
const THROTTLED_RETRIES = 400;

/** @param signal of the build's interruption, which ends the waiting too */
export function roleCall(cloud: Cloud, build: Build, signal: AbortSignal): RoleCall {
  const role = cloud.role(build.serviceRole, 'codebuild.amazonaws.com');
  return (service, action, input) =>
    throughThrottling(() => cloud.call(role, service, action, input), { retries: THROTTLED_RETRIES, signal });
}
