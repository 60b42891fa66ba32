/** Following a run until it ends: its status, stage, progress and log. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api, Calls } from '../api/api.ts';
import { failureOf } from '../api/failure-of.ts';
import type { LogLine, Run, RunError } from '../api/resources.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { clean } from '../terminal/clean.ts';
import { bar, type Terminal } from '../terminal/terminal.ts';
import { logFormatter } from './line.ts';
import { logPages } from './log.ts';

/** One second feels immediate, and takes 3,600 requests for a build of one hour. */
const POLL_MS = 1000;
/** The server says when the log is complete; a server that does not is not asked for ever after the last line. */
const LAST_LINES_MS = 15_000;

/** Whether the status of the run is final. */
export function hasEnded(run: Pick<Run, 'status'>): boolean {
  return run.status === 'completed' || run.status === 'failed' || run.status === 'cancelled';
}

/** The message when following stops before the end of the run. */
export function stillRunning(run: Run): string[] {
  return [
    'The build is still running. To follow it:',
    `  staithe build logs ${run.build_id} --follow`,
    `  staithe build show ${run.build_id}`,
  ];
}

/** The name of the job, which includes the cell of a matrix; errors recorded by older versions have only the service. */
function jobLine({ job, service }: RunError): string[] {
  if (job !== undefined && job !== service) return [`job: ${clean(job)}`];
  return service === undefined ? [] : [`service: ${clean(service)}`];
}

/** The job, the failed step and its last lines. */
export function errorLines(error: RunError): string[] {
  const step = error.step === undefined ? [] : [`step: ${clean(error.step)}`];
  const exit =
    error.exit_code === undefined ? error.signal && clean(error.signal) : `exit code ${error.exit_code}`;
  return [
    ...jobLine(error),
    ...step,
    ...(exit === undefined ? [] : [`ended by: ${exit}`]),
    ...(error.last_lines ?? []).map((line) => `| ${clean(line)}`),
  ];
}

/** The failure for a run that did not complete. */
export function runFailure(run: Run): Failure {
  const error = run.error;
  const detail =
    run.status === 'cancelled'
      ? 'The build was cancelled.'
      : `The build failed: ${error?.message ?? 'no reason recorded.'}`;
  return new Failure(
    EXIT.failed,
    {
      code: error?.code ?? run.status,
      detail,
      remedy:
        error?.hint ??
        (run.status === 'cancelled'
          ? `staithe build run ${run.build_id}`
          : `staithe build logs ${run.build_id}`),
    },
    { lines: error === undefined ? [] : errorLines(error) },
  );
}

type Reads = 'getRun' | 'getBuildLogs';

/** Reads the run. @throws Failure: deleted with its project, so that no hint about the build applies */
async function readRun(api: Calls<'getRun'>, terminal: Terminal, { id, build_id }: Run): Promise<Run> {
  const { ApiError } = await import('../../contract/client.ts');
  return api.call('getRun', { params: { run: id } }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.problem.status !== 404) throw error;
    terminal.onInterrupt([]);
    throw new Failure(
      EXIT.missing,
      {
        code: 'deleted',
        detail: `Build ${build_id} was deleted together with its project.`,
        remedy: 'staithe project list',
      },
      { cause: error },
    );
  });
}

async function writeLog(
  api: Calls<Reads>,
  terminal: Terminal,
  run: Run,
  isEnough: () => boolean,
  gotLines: () => void,
): Promise<void> {
  let format: ReturnType<typeof logFormatter<LogLine>> | undefined;
  /** The number of jobs is known once the run is planned, and so by its first line. */
  const formatter = async () =>
    logFormatter(
      (line: LogLine) => line.job,
      (await api.call('getRun', { params: { run: run.id } })).job_ids.length,
      process.stderr,
    );
  const readLog = (query: object) =>
    api.call('getBuildLogs', { params: { build: run.build_id ?? '' }, query: { run: run.id, ...query } });
  for await (const lines of logPages(readLog, { follow: true }, isEnough)) {
    if (lines.length > 0) gotLines();
    if (lines.length > 0 && !terminal.json) format ??= await formatter();
    for (const line of lines) {
      if (format === undefined) terminal.event({ event: 'log', line });
      else terminal.note(format(line));
    }
  }
}

/**
 * Waits until the run has ended and its log is complete.
 * @returns the ended run, whatever its status
 */
async function followRun(api: Api<Reads>, terminal: Terminal, started: Run): Promise<Run> {
  terminal.onInterrupt(stillRunning(started));
  const persistent = api.persistent(terminal.note);
  let run = started;
  let endedAt: number | undefined;
  let lastLineAt = 0;
  let isDeleted = false;
  const isEnough = () =>
    isDeleted || (endedAt !== undefined && performance.now() - Math.max(endedAt, lastLineAt) > LAST_LINES_MS);
  // The run and its log wait for the same server: only one notifies.
  const log = writeLog(
    api.persistent(() => undefined),
    terminal,
    started,
    isEnough,
    () => {
      lastLineAt = performance.now();
    },
  ).catch(async (error: unknown) => {
    const { problem } = await failureOf(error, undefined);
    if (terminal.json) terminal.event({ event: 'log_unreadable', problem });
    else terminal.note(`Cannot read the log: ${clean(problem.detail)}`);
  });
  if (terminal.json) terminal.event({ event: 'run', run });
  while (!hasEnded(run)) {
    terminal.progress(`${run.status}: ${clean(run.stage)}`, bar(run.progress / 100));
    await delay(POLL_MS);
    const now = await readRun(persistent, terminal, run).catch((error: unknown) => {
      isDeleted = true; // the log ends too
      throw error;
    });
    const changed = now.status !== run.status || now.stage !== run.stage || now.progress !== run.progress;
    run = now;
    if (changed && terminal.json && !hasEnded(run)) terminal.event({ event: 'run', run });
  }
  endedAt = performance.now();
  await log;
  terminal.done();
  return run;
}

/** Waits for the end and prints it as an event. @throws Failure with exit code 6: the run did not complete */
export async function followToResult(api: Api<Reads>, terminal: Terminal, started: Run): Promise<Run> {
  const run = await followRun(api, terminal, started);
  if (terminal.json) terminal.event({ event: 'result', run });
  if (run.status === 'completed') return run;
  // Deleting a project first cancels its runs: a cancelled run may be a deleted one. Other errors are less than the result.
  throw await readRun(api, terminal, run).then(runFailure, (error: unknown) =>
    error instanceof Failure && error.exitCode === EXIT.missing ? error : runFailure(run),
  );
}
