/** The agent's work once its claim is on its way. */
import { ApiError } from '../contract/route-client.ts';
import { createJobApi, isOver, type JobApi } from './api.ts';
import type { Claim } from './claim.ts';
import { EXIT } from './exit.ts';
import { JobStopped } from './failure.ts';
import { say } from './output.ts';
import { runJob } from './run-job.ts';
import type { Settings } from './settings.ts';

/** @returns the agent's exit code */
export async function work(settings: Settings, claim: Claim): Promise<number> {
  return claimedWork(createJobApi(settings, claim)).catch((error: unknown) => {
    if (error instanceof JobStopped || isOver(error)) {
      say(`==> stopped: ${error instanceof Error ? error.message : String(error)}`);
      return error instanceof JobStopped && error.by === 'backend' ? EXIT.interrupted : EXIT.cancelled;
    }
    say(`==> gave up: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.notReported;
  });
}

async function claimedWork(api: JobApi): Promise<number> {
  const claimed = await api.claim().catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.problem.code !== 'ticket_refused') throw error;
    say(`==> refused: ${error.problem.detail} ${error.problem.remedy}`);
    return undefined;
  });
  if (claimed === undefined) return EXIT.ticketRefused;
  const result = await runJob(api, claimed);
  return result.status === 'failed' ? EXIT.failed : EXIT.reported;
}
