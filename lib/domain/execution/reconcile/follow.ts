/** A workflow has died, or waits for what will never come: another one goes on with the run. */

import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { MAX_ATTEMPTS } from '../../retries.ts';
import { Keys } from '../../storage/keys.ts';
import { markLost } from '../attempt/hand-over.ts';
import { fail } from '../end/index.ts';
import { executionOf, runIdOf } from '../model/execution.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';
import { type Failure, RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import { type PlanPorts, plan, resume } from '../plan/index.ts';

type FollowPorts = PlanPorts;

/** Why another workflow has to go on, and what a run fails with that has had its last one. */
const LAST_WORKFLOW = {
  died: {
    code: 'internal_error',
    message: `The workflow of the run died ${MAX_ATTEMPTS} times before it finished.`,
    hint: 'Rerun the build. If it keeps happening, check the last event of the execution in Step Functions.',
  },
  event_lost: {
    code: 'internal_error',
    message: `A machine of the run ended, but its event did not reach the workflow (${MAX_ATTEMPTS} of ${MAX_ATTEMPTS}).`,
    hint: 'Rerun the build. If it keeps happening, check that the EventBridge rule StepFunctionsGetEventForCodeBuildStartBuildRule exists and is enabled.',
  },
} as const satisfies Record<string, Failure>;

/**
 * Starts the next workflow of a run, as far as there are attempts; a run that has had its last one fails. Jobs that had
 * an agent have lost their attempt, as their machines end with the workflow that waited for them; the next one's plan
 * hands over what has not ended.
 * @param run as it was looked at: when it has had another workflow since, nothing is done
 * @throws what Step Functions answers; the next sweep finds a workflow that was never started, and repeats the start
 */
export async function startNextWorkflow(
  ports: FollowPorts,
  run: Run,
  why: keyof typeof LAST_WORKFLOW,
): Promise<void> {
  const { workflow_attempt: before } = run;
  if (before >= MAX_ATTEMPTS) {
    await fail(ports, run.id, LAST_WORKFLOW[why]);
    await ports.workflows.stop('build', executionOf(run), 'no other workflow continues the run');
    return;
  }
  const claimed = await claimedJobs(ports, run);
  // First of all: whoever comes to it later finds that it is no news any more.
  let isCurrent = false;
  const next = await runs.update(ports.table, Keys.run(run.id), (value) => {
    isCurrent = !isFinal(LIFECYCLE, value.status) && value.workflow_attempt === before;
    return isCurrent ? { ...value, workflow_attempt: before + 1, start_refused_at: undefined } : undefined;
  });
  if (next !== undefined && isCurrent) await startWorkflow(ports, next.value, claimed);
}

/**
 * Plans a run that was recorded and not planned; starts the present workflow, be it the first or one that follows, of
 * one that was planned and never started.
 * @throws what a service answers
 */
export async function startOverdue(ports: FollowPorts, run: Run): Promise<void> {
  if (run.status === 'pending') return plan(ports, run.id);
  const claimed = await claimedJobs(ports, run);
  // Jobs that were claimed before it was there are claimed for an earlier one. Somebody may have started it by now.
  if ((await ports.workflows.state('build', executionOf(run))) === undefined)
    await startWorkflow(ports, run, claimed);
}

async function startWorkflow(ports: FollowPorts, run: Run, claimed: readonly JobRecord[]): Promise<void> {
  await Promise.all(claimed.map((job) => markLost(ports, job, { reason: 'workflow_ended' })));
  await resume(ports, run);
}

async function claimedJobs(ports: FollowPorts, run: Run): Promise<JobRecord[]> {
  const all = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  return all.filter((job) => job.claim_id !== undefined);
}

/**
 * An execution was stopped by somebody, or by its own time limit: nobody goes on with its run. News of one that another
 * follows, or whose run has ended, change nothing.
 */
export async function workflowStopped(
  ports: Pick<Ports, 'table' | 'clock'>,
  execution: string,
  message: string,
): Promise<void> {
  const run = (await runs.get(ports.table, Keys.run(runIdOf(execution))))?.value;
  if (run !== undefined && executionOf(run) === execution)
    await fail(ports, run.id, { code: 'internal_error', message, hint: 'Rerun the build.' });
}
