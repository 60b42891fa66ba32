/** Watching a run until it ends: its stage and progress, and its log. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api, Calls } from '../api.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { failureOf } from '../report.ts';
import type { LogLine, Run, RunError } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import { bar, type Terminal } from '../terminal/terminal.ts';
import { logFormatter } from './line.ts';
import { logPages } from './log.ts';

/** One second: what a person takes for at once, and 3,600 requests for a build of an hour. */
const POLL_MS = 1000;
/** The last lines may reach CloudWatch Logs some seconds after the run's end; later than this nobody waits for them. */
const LAST_LINES_MS = 15_000;

/** Whether nothing follows this status of a run. */
export function hasEnded(run: Pick<Run, 'status'>): boolean {
  return run.status === 'completed' || run.status === 'failed' || run.status === 'cancelled';
}

/** What somebody is told who stops watching. */
export function stillRunning(run: Run): string[] {
  return [
    'The build goes on. Look again with:',
    `  staithe build logs ${run.build_id} --follow`,
    `  staithe build show ${run.build_id}`,
  ];
}

/** The job by its name, which tells the cells of a matrix apart; errors of an older version have the service only. */
function whose({ job, service }: RunError): string[] {
  if (job !== undefined && job !== service) return [`job: ${clean(job)}`];
  return service === undefined ? [] : [`service: ${clean(service)}`];
}

/** The failing step and what it printed last. */
export function errorLines(error: RunError): string[] {
  const step = error.step === undefined ? [] : [`step: ${clean(error.step)}`];
  const exit =
    error.exit_code === undefined ? error.signal && clean(error.signal) : `exit code ${error.exit_code}`;
  return [
    ...whose(error),
    ...step,
    ...(exit === undefined ? [] : [`ended by: ${exit}`]),
    ...(error.last_lines ?? []).map((line) => `| ${clean(line)}`),
  ];
}

/** How a run that did not complete ends the command. */
export function runFailure(run: Run): Failure {
  const error = run.error;
  const detail =
    run.status === 'cancelled'
      ? 'The build was cancelled.'
      : `The build failed: ${error?.message ?? 'no reason was given.'}`;
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

/** The run as it is now. @throws Failure when it is gone, with which every other hint would be wrong */
async function present(api: Calls<'getRun'>, terminal: Terminal, { id, build_id }: Run): Promise<Run> {
  const { ApiError } = await import('../../contract/client.ts');
  return api.call('getRun', { params: { run: id } }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.problem.status !== 404) throw error;
    terminal.onInterrupt([]);
    throw new Failure(
      EXIT.missing,
      {
        code: 'deleted',
        detail: `Build ${build_id} was deleted with its project.`,
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
  enough: () => boolean,
): Promise<void> {
  let format: ReturnType<typeof logFormatter<LogLine>> | undefined;
  /** How many jobs there are is known once the run was planned, and so by its first line. */
  const formatter = async () =>
    logFormatter(
      (line: LogLine) => line.job,
      (await api.call('getRun', { params: { run: run.id } })).job_ids.length,
      process.stderr,
    );
  const readLog = (query: object) =>
    api.call('getBuildLogs', { params: { build: run.build_id }, query: { run: run.id, ...query } });
  for await (const lines of logPages(readLog, { follow: true }, enough)) {
    if (lines.length > 0 && !terminal.json) format ??= await formatter();
    for (const line of lines) {
      if (format === undefined) terminal.event({ event: 'log', line });
      else terminal.note(format(line));
    }
  }
}

/**
 * Watches until the run has ended and its log is written.
 * @returns the run as it ended, whatever its status
 */
async function followRun(api: Api<Reads>, terminal: Terminal, started: Run): Promise<Run> {
  terminal.onInterrupt(stillRunning(started));
  const patient = api.patient(terminal.note);
  let run = started;
  let endedAt: number | undefined;
  let isGone = false;
  const enough = () => isGone || (endedAt !== undefined && performance.now() - endedAt > LAST_LINES_MS);
  // Of two who wait for the same server one says so.
  const log = writeLog(
    api.patient(() => undefined),
    terminal,
    started,
    enough,
  ).catch(async (error: unknown) => {
    const { problem } = await failureOf(error, undefined);
    if (terminal.json) terminal.event({ event: 'log_unreadable', problem });
    else terminal.note(`the log cannot be read: ${clean(problem.detail)}`);
  });
  if (terminal.json) terminal.event({ event: 'run', run });
  while (!hasEnded(run)) {
    terminal.progress(`${run.status}: ${clean(run.stage)}`, bar(run.progress / 100));
    await delay(POLL_MS);
    const now = await present(patient, terminal, run).catch((error: unknown) => {
      isGone = true; // nothing waits for the log any more
      throw error;
    });
    const moved = now.status !== run.status || now.stage !== run.stage || now.progress !== run.progress;
    run = now;
    if (moved && terminal.json && !hasEnded(run)) terminal.event({ event: 'run', run });
  }
  endedAt = performance.now();
  await log;
  terminal.done();
  return run;
}

/** Watches, says the result, and fails when the run did. @throws Failure with exit code 6 */
export async function followToResult(api: Api<Reads>, terminal: Terminal, started: Run): Promise<Run> {
  const run = await followRun(api, terminal, started);
  if (terminal.json) terminal.event({ event: 'result', run });
  if (run.status === 'completed') return run;
  // A deletion ends what runs before it removes it. What else goes wrong here takes nothing from what is known.
  throw await present(api, terminal, run).then(runFailure, (error: unknown) =>
    error instanceof Failure && error.exitCode === EXIT.missing ? error : runFailure(run),
  );
}
