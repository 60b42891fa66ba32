/** How a run ends: by what its jobs came to. */
import type { Job } from '../job/schema.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { endJob, fail, failJob } from './end.ts';
import { jobsOf } from './index.ts';
import { runs } from './record.ts';
import * as Reuse from './reuse.ts';
import { type Failure, RUN_LIFECYCLE as LIFECYCLE, type Run } from './schema.ts';
import { MAX_ARTIFACTS } from './size.ts';

/** Ends a run whose jobs have all ended. Repeats, and runs cancelled meanwhile, change nothing. */
export async function finish(
  ports: Pick<Ports, 'table' | 'clock'>,
  runId: string,
): Promise<Pick<Run, 'status'>> {
  const stored = await runs.get(ports.table, Keys.run(runId));
  // Deleted with its project: its workflow has nothing more to do.
  if (stored === undefined) return { status: 'cancelled' };
  if (isFinal(LIFECYCLE, stored.value.status)) return { status: stored.value.status };
  if (stored.value.status === 'pending') {
    const failure: Failure = { code: 'internal_error', message: 'The run ended before it was planned.' };
    return { status: (await fail(ports, runId, failure))?.status ?? 'failed' };
  }
  let ended = await jobsOf(ports, stored.value);
  const silent = ended.filter((job) => !isFinal(LIFECYCLE, job.status));
  if (silent.length > 0) {
    const first = stored.value.fail_fast ? ended.find(({ status }) => status === 'failed') : undefined;
    await Promise.all(
      silent.map((job) =>
        first === undefined
          ? failJob(ports, job.id, SILENT)
          : endJob(ports, job.id, 'cancelled', () => endedBy(first)),
      ),
    );
    ended = await jobsOf(ports, stored.value);
  }
  // Somebody is cancelling it just now: the jobs have ended, and the run's record comes next.
  if (isCancelled(ended)) return { status: await cancelled(ports, stored) };
  const failure = failureOfJobs(ended);
  if (failure !== undefined) return { status: (await fail(ports, runId, failure))?.status ?? 'failed' };
  const artifactIds = [...stored.value.kept_artifact_ids, ...ended.flatMap((job) => job.artifact_ids)];
  if (artifactIds.length > MAX_ARTIFACTS)
    return { status: (await fail(ports, runId, tooMany(artifactIds)))?.status ?? 'failed' };
  const step = (run: Run): Run | undefined =>
    isFinal(LIFECYCLE, run.status)
      ? undefined
      : {
          ...run,
          status: 'completed',
          stage: 'done',
          progress: 100,
          artifact_ids: artifactIds,
          completed_at: ports.clock.now().toISOString(),
        };
  const completed = await runs.update(ports.table, Keys.run(runId), step, stored);
  if (completed?.value.status === 'completed') await Reuse.remember(ports, completed.value);
  return { status: completed?.value.status ?? 'failed' };
}

/** Jobs are cancelled beside a failed one, or by whoever cancels the run. */
const isCancelled = (ended: readonly Job[]): boolean =>
  ended.some(({ status }) => status === 'cancelled') && !ended.some(({ status }) => status === 'failed');

async function cancelled(ports: Pick<Ports, 'table' | 'clock'>, stored: Stored<Run>): Promise<Run['status']> {
  const now = ports.clock.now().toISOString();
  const step = (run: Run): Run | undefined =>
    isFinal(LIFECYCLE, run.status)
      ? undefined
      : { ...run, status: 'cancelled', stage: 'cancelled', completed_at: now };
  const ended = await runs.update(ports.table, Keys.run(stored.value.id), step, stored);
  return ended?.value.status ?? 'cancelled';
}

const SILENT: Failure = {
  code: 'internal_error',
  message: 'The build agent ended without a result.',
  hint: 'Run the build again.',
};

const tooMany = ({ length }: readonly string[]): Failure => ({
  code: 'resource_error',
  message: `The jobs have left ${length} artifacts; a run may have ${MAX_ARTIFACTS}.`,
  hint: 'Let each service pack its files into fewer artifacts, or build fewer services at once.',
});

const endedBy = (first: Job): Failure => ({
  code: 'cancelled',
  message: `Ended before it was done, as '${first.name}' failed and the build is fail_fast.`,
  hint: `Look at '${first.name}'; run the failed jobs again once it is mended.`,
});

/** The error of the first failed job, with how many failed beside it. */
function failureOfJobs(ended: readonly Job[]): Failure | undefined {
  const failed = ended.filter((job) => job.status !== 'completed');
  const first = failed.find(({ status }) => status === 'failed') ?? failed[0];
  if (first === undefined) return undefined;
  const error: Failure = first.error ?? {
    code: 'cancelled',
    message: `The job '${first.name}' was cancelled.`,
    job_id: first.id,
  };
  return failed.length === 1
    ? error
    : { ...error, message: `${error.message} (${failed.length} of ${ended.length} jobs failed.)` };
}
