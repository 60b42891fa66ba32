/** Why an image did not get to its registry: by what the registry answers, and never by what a tool prints. */
import type { RegistryToken } from '../../domain/image/schema.ts';
import { type CommandEnd, commandFailure, JobFailure } from '../failure.ts';
import { RegistryProblem } from './registry.ts';

const STEP = 'push image';

const AWAY = 'Check that the registry runs and that builds can reach it, then rerun the build.';
const BROKEN = "Check 'registry' and 'image' in staithe.yaml: the repository may have to be made first.";

/** @returns what to throw: a registry's problem as the job's failure, all else as it is */
export function pushFailure(error: unknown, token: RegistryToken): unknown {
  if (!(error instanceof RegistryProblem)) return error;
  if (error.kind === 'refused')
    return new JobFailure(
      { code: 'auth_error', message: error.message, hint: token.remedy, step: STEP },
      { cause: error },
    );
  const hint = error.kind === 'away' ? AWAY : BROKEN;
  return new JobFailure(
    { code: 'registry_error', message: error.message, hint, step: STEP },
    { cause: error },
  );
}

/** The tool failed although the registry lets the job push: a line that broke, a layer that it did not take. */
export function pushToolFailure(end: CommandEnd, ref: string): JobFailure {
  const how = end.signal === null ? `exit code ${end.exitCode}` : end.signal;
  return new JobFailure({
    ...commandFailure(end, 'push'),
    message: `The image could not be pushed to ${ref} (${how}).`,
    step: STEP,
  });
}
