/** Reconciles one open run with the state of its workflow, its jobs and their machines. */

import { isFinal } from '../../lifecycle.ts';
import { Keys } from '../../storage/keys.ts';
import { fail, finish } from '../end/index.ts';
import { executionOf } from '../model/execution.ts';
import type { JobRecord } from '../model/job-record.ts';
import { jobs } from '../model/job-record.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { FINISH_MS, START_MS } from '../model/time.ts';
import { startNextWorkflow, startOverdue } from './follow.ts';
import { endLostJobs } from './jobs.ts';
import type { Repair, RunPorts } from './repair.ts';
import { clearRefusal, startRefused, watchingStarts } from './start-refused.ts';

/** @throws errors of services; the next sweep tries again */
export async function reconcileRun(ports: RunPorts, run: Run): Promise<Repair | undefined> {
  const starts = watchingStarts(ports.workflows);
  try {
    const repair = await repairRun({ ...ports, workflows: starts.workflows }, run);
    await clearRefusal(ports, run);
    return repair;
  } catch (error) {
    const refusal = starts.refusal();
    if (refusal !== undefined && error === refusal) return startRefused(ports, run, refusal);
    throw error;
  }
}

async function repairRun(ports: RunPorts, run: Run): Promise<Repair | undefined> {
  const now = ports.clock.now().getTime();
  if (run.deadline_at !== undefined && Date.parse(run.deadline_at) <= now) return outOfTime(ports, run);
  const state = await ports.workflows.state('build', executionOf(run));
  if (state === undefined) return neverStarted(ports, run, now);
  if (state !== 'running') return workflowEnded(ports, run, state);
  if (run.status !== 'building') return undefined;
  const all = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  const open = all.filter((job) => !isFinal(LIFECYCLE, job.status));
  return open.length === 0 ? allEnded(ports, run, all, now) : endLostJobs(ports, run, all);
}

async function outOfTime(ports: RunPorts, run: Run): Promise<Repair> {
  const seconds = Math.round((Date.parse(run.deadline_at ?? '') - Date.parse(run.created_at)) / 1000);
  await fail(ports, run.id, {
    code: 'timeout_error',
    message: `The run was ended after the ${seconds} seconds that the build allows it.`,
    hint: "Increase the run's time limit with `--timeout` of `staithe build create`, or check the log for what took so long.",
  });
  await ports.workflows.stop('build', executionOf(run), 'the run is out of time');
  return { run_id: run.id, what: 'out of time', job_ids: run.job_ids };
}

async function neverStarted(ports: RunPorts, run: Run, now: number): Promise<Repair | undefined> {
  if (now - Date.parse(run.created_at) < START_MS) return undefined;
  await startOverdue(ports, run);
  return { run_id: run.id, what: 'never started', job_ids: [] };
}

/** Its end was told by an event that did not come, or the run is being ended at this moment. */
async function workflowEnded(
  ports: RunPorts,
  run: Run,
  state: 'succeeded' | 'died' | 'stopped',
): Promise<Repair> {
  if (state === 'succeeded') await finish(ports, run.id);
  else if (state === 'died') await startNextWorkflow(ports, run, 'died');
  else
    await fail(ports, run.id, {
      code: 'internal_error',
      message: 'The workflow of the run was stopped before it finished.',
      hint: 'Rerun the build.',
    });
  return { run_id: run.id, what: 'workflow died', job_ids: run.job_ids };
}

/** All jobs have ended, and the run has not: the request that recorded the last end broke off. */
async function allEnded(
  ports: RunPorts,
  run: Run,
  all: readonly JobRecord[],
  now: number,
): Promise<Repair | undefined> {
  const last = Math.max(...all.map((job) => Date.parse(job.completed_at ?? job.created_at)));
  if (now - last < FINISH_MS) return undefined;
  await finish(ports, run.id);
  await ports.workflows.stop('build', executionOf(run), 'all jobs have ended');
  return { run_id: run.id, what: 'event lost', job_ids: run.job_ids };
}
