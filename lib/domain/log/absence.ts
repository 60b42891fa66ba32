/** Why a run has no log, and where to look instead. Pure. */
import type { Job } from '../execution/model/job.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../execution/model/run.ts';
import { isFinal } from '../lifecycle.ts';
import type { LogAbsence } from './schema.ts';

/** Of a build that was recorded and not started. */
export const NOT_RUN: LogAbsence = {
  reason: 'not_run',
  message: 'The build has not run yet.',
  next: 'Run the build; its log starts with its first job.',
};

const RERUN = 'Rerun the build.';
const DIAGNOSE = 'Look at the diagnosis of the build.';

/**
 * Of a run that has ended, and of its jobs that were asked for: none of them had a machine to write a log.
 * @param other the run whose artifacts it has, or that took its place
 */
export function absenceOf(
  run: Run,
  asked: readonly Pick<Job, 'name' | 'status' | 'error'>[],
  other?: Pick<Run, 'id' | 'build_id'>,
): LogAbsence | undefined {
  const elsewhere = other && { build_id: other.build_id, run_id: other.id };
  const message = (text: string) => ({ message: text, ...elsewhere });
  if (run.reused_from !== undefined) {
    const what = `Nothing was built: run ${run.id} has the artifacts of run ${run.reused_from}.`;
    return { reason: 'reused', ...message(what), next: 'Read the log of that run.' };
  }
  if (!isFinal(LIFECYCLE, run.status)) return undefined;
  const by = run.superseded_by === undefined ? '' : `, as the newer run ${run.superseded_by} took its place`;
  if (run.job_ids.length > 0 && asked.length === 0)
    return {
      reason: 'no_such_job',
      message: `Run ${run.id} has no job of this service.`,
      next: 'Specify a service that it has built.',
    };
  const error = run.job_ids.length === 0 ? run.error : asked.find(({ status }) => status === 'failed')?.error;
  const [only] = asked;
  const whose =
    only === undefined
      ? `Run ${run.id} had no jobs`
      : asked.length === 1
        ? `The job '${only.name}' never had a machine`
        : 'None of the jobs had a machine';
  if (error === undefined)
    return { reason: 'cancelled', ...message(`${whose}: it was cancelled before${by}.`), next: RERUN };
  return {
    reason: only === undefined ? 'planning_failed' : 'no_machine',
    ...message(`${whose}: ${error.message}`),
    next: error.hint ?? DIAGNOSE,
  };
}
