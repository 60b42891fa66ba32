/** The commands to try next, for how a run stands. */
import type { Build } from '../execution/model/build.ts';
import { type FailureCode, RUN_LIFECYCLE, type Run } from '../execution/model/run.ts';
import { isFinal } from '../lifecycle.ts';

type Who = Pick<Build, 'id' | 'project_id'>;

const again = ({ id }: Who): string => `staithe build run ${id} --follow`;
const failedAgain = ({ id }: Who): string => `staithe build run ${id} --failed --follow`;
const corrected = ({ project_id: project }: Who): string =>
  `staithe build create --project ${project} --dir . --follow`;
const log = ({ id }: Who, run: Run, job: string | undefined): string =>
  job === undefined ? `staithe build logs ${id} --run ${run.id}` : `staithe job logs ${job}`;
const secrets = ({ project_id: project }: Who): string => `staithe secret list --project ${project}`;

/** What helps against each: another try where luck may change, another source where the tree must change. */
const AFTER: Readonly<Record<FailureCode, (build: Who, run: Run, job: string | undefined) => string[]>> = {
  source_error: (build) => [corrected(build)],
  clone_error: (build) => [failedAgain(build)],
  manifest_error: (build) => [corrected(build)],
  policy_error: (build) => [again(build)],
  auth_error: (build) => [secrets(build), failedAgain(build)],
  build_error: (build, run, job) => [log(build, run, job), corrected(build)],
  timeout_error: (build, run, job) => [log(build, run, job), corrected(build)],
  resource_error: (build) => [corrected(build)],
  registry_error: (build) => [failedAgain(build)],
  zero_artifacts: (build) => [corrected(build)],
  cancelled: (build) => [again(build)],
  internal_error: (build, run, job) => [failedAgain(build), log(build, run, job)],
};

/**
 * @param run the one that is diagnosed; undefined when the build has never run
 * @param job the one that failed, of several
 */
export function nextCommands(
  build: Who,
  run: Run | undefined,
  code: FailureCode | undefined,
  job?: string | undefined,
): string[] {
  if (run === undefined) return [again(build)];
  if (!isFinal(RUN_LIFECYCLE, run.status)) return [`staithe build logs ${build.id} --follow`];
  if (run.superseded_by !== undefined)
    return [`staithe build diagnose ${build.id} --run ${run.superseded_by}`];
  if (run.status === 'completed') return [`staithe build artifacts ${build.id}`];
  return AFTER[code ?? (run.status === 'cancelled' ? 'cancelled' : 'internal_error')](build, run, job);
}
