/** The diagnosis of a build: one answer with all that one would look up to find out why it failed. */
import type { Actor } from '../access/actor.ts';
import { ANSWER_MAX_BYTES, firstWithin } from '../answer.ts';
import { notFound } from '../error.ts';
import * as Artifact from '../execution/artifacts.ts';
import { builds } from '../execution/model/build-record.ts';
import type { Job } from '../execution/model/job.ts';
import { type Failure, RUN_LIFECYCLE, type Run as RunValue } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import { answerable } from '../execution/model/size.ts';
import { withProgress } from '../execution/progress.ts';
import * as Run from '../execution/runs.ts';
import { isFinal } from '../lifecycle.ts';
import * as Log from '../log/index.ts';
import type { Ports } from '../ports/index.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { FAILURE_CODES } from './codes.ts';
import { nextCommands } from './next.ts';
import type { DiagnosisReport } from './schema.ts';

/** As many runs as one page of a list has; hardly any build has more. */
const MAX_RUNS = 100;
const LOG_LINES = 30;
/** What the error of a job has of a line; one may have 256 KB, and the log itself has it whole. */
const LINE_LENGTH = 2000;
/** Beside the jobs, which may take three fifths of an answer. */
const RUNS_MAX_BYTES = ANSWER_MAX_BYTES / 10;
const ARTIFACTS_MAX_BYTES = ANSWER_MAX_BYTES / 5;

type Needed = Pick<Ports, 'table' | 'logs' | 'clock'>;

/**
 * Looks at a run of a build. Build and runs are read at once, then jobs, artifacts and the end of the log at once.
 *
 * @param runId the run to look at; the newest when absent
 * @throws StaitheError not_found, also for a run of another build
 */
export async function diagnose(
  ports: Needed,
  actor: Actor,
  buildId: string,
  runId?: string,
): Promise<DiagnosisReport> {
  const [build, page] = await Promise.all([
    readVisible(ports.table, builds, Keys.build, actor, buildId),
    runs.list(ports.table, Partitions.runs(buildId), { limit: MAX_RUNS }),
  ]);
  const run = await chosen(ports, actor, buildId, runId ?? build.latest_run_id, page.items);
  if (run === undefined)
    return {
      build,
      run: null,
      runs: [],
      jobs: [],
      artifacts: [],
      log: [],
      failure: null,
      next: nextCommands(build, undefined, undefined),
    };
  const ofRun = Run.jobsOf(ports, run);
  const [shown, jobs, artifacts, log] = await Promise.all([
    withProgress(ports, run),
    ofRun,
    Artifact.ofRun(ports, run),
    ofRun.then((jobs) => lastOf(ports, run, failedOf(run, jobs))),
  ]);
  const failed = failedOf(run, jobs);
  const failure = failureOf(run, failed);
  return {
    build,
    run: shown,
    runs: firstWithin(
      page.items.map((one) => (one.id === shown.id ? shown : one)),
      RUNS_MAX_BYTES,
    ),
    jobs: answerable(jobs),
    artifacts: firstWithin(artifacts, ARTIFACTS_MAX_BYTES),
    log: log.items
      .slice(-LOG_LINES)
      .map((line) => ({ ...line, message: line.message.slice(0, LINE_LENGTH) })),
    failure: failure ?? null,
    next: nextCommands(build, run, failure?.code, run.job_ids.length > 1 ? failed?.id : undefined),
  };
}

/** Of the job that failed, where one did: the others may have said more, and later. */
async function lastOf(ports: Needed, run: RunValue, failed: Job | undefined) {
  const { streams } = await Log.ofRun(ports, run, failed === undefined ? {} : { job: failed.id });
  const time = Log.timeOf(() => ports.clock.now().getTime(), Log.sleep);
  if (isFinal(RUN_LIFECYCLE, run.status)) await Log.arrival(ports.logs, streams, { platform: false, time });
  return Log.lastLines(ports.logs, streams, { count: LOG_LINES, platform: false, time });
}

/** The index may be behind the table: the run is read by its id when the list does not have it yet. */
async function chosen(
  ports: Needed,
  actor: Actor,
  buildId: string,
  id: string | undefined,
  listed: readonly RunValue[],
): Promise<RunValue | undefined> {
  if (id === undefined) return undefined;
  const run = listed.find((one) => one.id === id) ?? (await Run.get(ports, actor, id));
  if (run.build_id !== buildId) throw notFound('run', id);
  return run;
}

/** The first job that failed, of a run that did not complete. */
function failedOf(run: RunValue, jobs: readonly Job[]): Job | undefined {
  if (run.status === 'completed') return undefined;
  return jobs.find(({ status, error }) => status === 'failed' && error !== undefined);
}

/** The run's own error, or that of its first failed job, with a hint in any case. */
function failureOf(run: RunValue, failed: Job | undefined): (Failure & { hint: string }) | undefined {
  if (run.status === 'completed') return undefined;
  const error = run.error ?? failed?.error ?? cancelled(run);
  return error && { ...error, hint: error.hint ?? FAILURE_CODES[error.code].hint };
}

function cancelled(run: RunValue): Failure | undefined {
  if (run.status !== 'cancelled') return undefined;
  return run.superseded_by === undefined
    ? { code: 'cancelled', message: 'The run was cancelled.' }
    : {
        code: 'cancelled',
        message: 'A newer run of the same branch took its place in the queue.',
        hint: `See the newer run: staithe build diagnose ${run.build_id} --run ${run.superseded_by}`,
      };
}
