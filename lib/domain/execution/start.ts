/** Starting the workflow of a run: its jobs are its input. */
import { isFinal } from '../lifecycle.ts';
import { MAX_PARALLEL } from '../manifest/schema.ts';
import type { Ports } from '../ports/index.ts';
import type { Ticketed } from './attempt/hand-over.ts';
import { type Dispatch, dispatchOf } from './attempt/task.ts';
import { executionBefore, executionOf } from './model/execution.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from './model/run.ts';
import * as Queue from './queue/index.ts';

type StartPorts = Pick<Ports, 'table' | 'workflows' | 'compute' | 'clock'>;

/**
 * Hands the jobs of a run to its present workflow, which is started with them, in place of the one that it follows. What
 * has ended stays so.
 * @throws PlanFailure when the project's queue is full | WorkflowRefused | WorkflowBusy
 */
export async function startWorkflow(
  ports: StartPorts,
  run: Run,
  ticketed: readonly Ticketed[],
): Promise<void> {
  if (isFinal(LIFECYCLE, run.status)) return;
  const jobs = await enqueueJobs(ports, run, ticketed);
  const before = executionBefore(run);
  if (before !== undefined) await ports.workflows.stop('build', before, 'another workflow continues the run');
  const max_parallel = Math.min(run.max_parallel, MAX_PARALLEL);
  await ports.workflows.start('build', executionOf(run), { run_id: run.id, jobs, max_parallel });
}

/** Jobs of a project with a limit take their places in its queue; those that get none yet wait for their turn. */
async function enqueueJobs(ports: StartPorts, run: Run, ticketed: readonly Ticketed[]): Promise<Dispatch[]> {
  const entries = ticketed.map(({ job }) => ({ job_id: job.id, run_id: run.id }));
  const working =
    run.job_limit === undefined || entries.length === 0
      ? undefined
      : await Queue.enqueue(ports, run.project_id, run.job_limit, entries);
  const now = ports.clock.now();
  return ticketed.map(({ job, ticket }) => ({
    ...dispatchOf(ports.compute, job, ticket, { failFast: run.fail_fast, now }),
    queued: working !== undefined && !working.has(job.id),
  }));
}
