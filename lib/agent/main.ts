/**
 * The build agent: runs one job on any backend. Its environment names the API, the job and a ticket (settings.ts).
 *
 * Exit codes: 0 the job's end was reported, be it good or bad; 1 it could not be reported; 2 the environment is not
 * complete; 3 the ticket was refused; 4 the run was cancelled; 143 the backend ended it
 * (SIGTERM). So a backend that sees anything else than 0 knows that
 * the agent, and not the build, has failed.
 */
import { ApiError } from '../contract/client.ts';
import { createJobApi, isOver, type JobApi } from './api.ts';
import { JobStopped } from './failure.ts';
import { say } from './output.ts';
import { settingsFrom } from './settings.ts';

const EXIT = {
  reported: 0,
  notReported: 1,
  environment: 2,
  ticketRefused: 3,
  cancelled: 4,
  interrupted: 143,
} as const;

async function main(): Promise<number> {
  const settings = settingsFrom(process.env);
  if (typeof settings === 'string') {
    say(settings);
    return EXIT.environment;
  }
  say(`==> claim ${settings.jobId}`);
  return work(createJobApi(settings)).catch((error: unknown) => {
    if (error instanceof JobStopped || isOver(error)) {
      say(`==> stopped: ${error instanceof Error ? error.message : String(error)}`);
      return error instanceof JobStopped && error.by === 'backend' ? EXIT.interrupted : EXIT.cancelled;
    }
    say(`==> gave up: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.notReported;
  });
}

async function work(api: JobApi): Promise<number> {
  const claiming = api.claim().catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.problem.code !== 'ticket_refused') throw error;
    say(`==> refused: ${error.problem.detail} ${error.problem.remedy}`);
    return undefined;
  });
  // All that works with archives and processes is loaded while the claim is on its way.
  const [claimed, { runJob }] = await Promise.all([claiming, import('./run-job.ts')]);
  if (claimed === undefined) return EXIT.ticketRefused;
  const result = await runJob(api, claimed);
  if (result.status === 'failed') {
    say(`==> failed (${result.error.code}): ${result.error.message}`);
    if (result.error.hint !== undefined) say(`    ${result.error.hint}`);
  } else say(`==> done in ${(performance.now() / 1000).toFixed(1)} s`);
  return EXIT.reported;
}

// A backend may stop reading before the job has ended; the job goes on.
process.stdout.on('error', () => undefined);
void main().then((code) => process.exit(code));
