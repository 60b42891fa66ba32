/** The commands to try next, for how a run stands. */
import type { Build } from '../execution/model/build.ts';
import { type FailureCode, RUN_LIFECYCLE, type Run } from '../execution/model/run.ts';
import { isFinal } from '../lifecycle.ts';

type BuildRef = Pick<Build, 'id' | 'project_id'>;

const rerunCommand = ({ id }: BuildRef): string => `staithe build run ${id} --follow`;
const rerunFailedCommand = ({ id }: BuildRef): string => `staithe build run ${id} --failed --follow`;
const buildCorrectedCommand = ({ project_id: project }: BuildRef): string =>
  `staithe build create --project ${project} --dir . --follow`;
const logCommand = ({ id }: BuildRef, run: Run, job: string | undefined): string =>
  job === undefined ? `staithe build logs ${id} --run ${run.id}` : `staithe job logs ${job}`;
const listSecretsCommand = ({ project_id: project }: BuildRef): string =>
  `staithe secret list --project ${project}`;

/** What helps against each: another try where luck may change, another source where the tree must change. */
const COMMANDS_BY_CODE: Readonly<
  Record<FailureCode, (build: BuildRef, run: Run, job: string | undefined) => string[]>
> = {
  source_error: (build) => [buildCorrectedCommand(build)],
  clone_error: (build) => [rerunFailedCommand(build)],
  manifest_error: (build) => [buildCorrectedCommand(build)],
  policy_error: (build) => [rerunCommand(build)],
  auth_error: (build) => [listSecretsCommand(build), rerunFailedCommand(build)],
  build_error: (build, run, job) => [logCommand(build, run, job), buildCorrectedCommand(build)],
  timeout_error: (build, run, job) => [logCommand(build, run, job), buildCorrectedCommand(build)],
  resource_error: (build) => [buildCorrectedCommand(build)],
  registry_error: (build) => [rerunFailedCommand(build)],
  zero_artifacts: (build) => [buildCorrectedCommand(build)],
  cancelled: (build) => [rerunCommand(build)],
  internal_error: (build, run, job) => [rerunFailedCommand(build), logCommand(build, run, job)],
};

/**
 * @param run the one that is diagnosed; undefined when the build has never run
 * @param job the one that failed, of several
 */
export function nextCommands(
  build: BuildRef,
  run: Run | undefined,
  code: FailureCode | undefined,
  job?: string | undefined,
): string[] {
  if (run === undefined) return [rerunCommand(build)];
  if (!isFinal(RUN_LIFECYCLE, run.status)) return [`staithe build logs ${build.id} --follow`];
  if (run.superseded_by !== undefined)
    return [`staithe build diagnose ${build.id} --run ${run.superseded_by}`];
  if (run.status === 'completed') return [`staithe build artifacts ${build.id}`];
  return COMMANDS_BY_CODE[code ?? (run.status === 'cancelled' ? 'cancelled' : 'internal_error')](
    build,
    run,
    job,
  );
}
