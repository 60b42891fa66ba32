/** The queue of a project's jobs: enqueue, wait for a turn, dequeue. Every call may be repeated. */
import { isDeepStrictEqual } from 'node:util';
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { ConditionFailed } from '../../ports/table.ts';
import { collection } from '../../storage/collection.ts';
import { Keys } from '../../storage/keys.ts';
import { jobs } from '../model/job-record.ts';
import { PlanFailure } from '../model/plan-failure.ts';
import { RUN_LIFECYCLE } from '../model/run.ts';
import { type QueueEntry, QueueState } from './schema.ts';
import { addEntries, fillSlots, removeEntry } from './turn.ts';

const queues = collection({
  kind: 'queue',
  schema: QueueState,
  key: ({ project_id }) => Keys.queue(project_id),
});

type QueuePorts = Pick<Ports, 'table' | 'workflows'>;

/** Adds jobs to the queue. @returns the ids of those that may begin. @throws PlanFailure resource_error when it is full */
export async function enqueue(
  ports: QueuePorts,
  projectId: string,
  limit: number,
  entries: readonly QueueEntry[],
): Promise<ReadonlySet<string>> {
  const empty: QueueState = { project_id: projectId, limit, active: [], waiting: [] };
  const step = (queue: QueueState) => {
    // A queue that there is knows the project's limit; the run's may be of before a change.
    const next = addEntries(queue, entries);
    if (next.waiting.length > queue.waiting.length) assertRoom(next, entries);
    return fillSlots(next);
  };
  const queue = await change(ports, projectId, step, empty);
  const ids = new Set(entries.map(({ job_id }) => job_id));
  const free = queue?.waiting.some(({ job_id }) => ids.has(job_id)) ? await removeEnded(ports, queue) : queue;
  return new Set(free?.active.map(({ job_id }) => job_id));
}

/** Removes jobs that have ended, in case the event of their end was lost; called before a job has to wait. */
async function removeEnded(ports: QueuePorts, queue: QueueState): Promise<QueueState | undefined> {
  const found = await jobs.getMany(
    ports.table,
    queue.active.map(({ job_id }) => Keys.job(job_id)),
  );
  const ended = found.filter(({ status }) => isFinal(RUN_LIFECYCLE, status));
  if (ended.length === 0) return queue;
  const without = (now: QueueState) => ended.reduce((rest, { id }) => removeEntry(rest, id), now);
  return change(ports, queue.project_id, (now) => fillSlots(without(now)));
}

/** 4,000: 15 of the largest runs. Of some 80 bytes each they are 320 of the 400 KB of an item (docs: DynamoDB quotas). */
const MAX_WAITING = 4000;

function assertRoom({ waiting, limit }: QueueState, coming: readonly QueueEntry[]): void {
  if (waiting.length <= MAX_WAITING) return;
  throw new PlanFailure({
    code: 'resource_error',
    message: `The project's queue has no room for ${coming.length} more jobs: ${MAX_WAITING} may wait, and ${limit} may work at once.`,
    hint: "Cancel runs that are not needed, raise the project's max_concurrent_jobs, or rerun it later.",
  });
}

/**
 * Stores the token by which a workflow waits for the job's turn. If the job's turn has come already, it is woken at once.
 * @param token wakes the workflow
 */
export async function waitForTurn(ports: QueuePorts, jobId: string, token: string): Promise<void> {
  const job = await jobs.update(ports.table, Keys.job(jobId), (value) => ({
    ...value,
    turn_token: token,
    stage: value.status === 'pending' ? 'queued (project limit)' : value.stage,
  }));
  if (job === undefined) return;
  const queue = (await queues.get(ports.table, Keys.queue(job.value.project_id)))?.value;
  const isWaiting = queue?.waiting.some(({ job_id }) => job_id === jobId) ?? false;
  if (!isWaiting || isFinal(RUN_LIFECYCLE, job.value.status)) await ports.workflows.wake(token);
}

/** Removes a job that has ended; the next one starts. */
export async function dequeue(ports: QueuePorts, projectId: string, jobId: string): Promise<void> {
  await change(ports, projectId, (queue) => fillSlots(removeEntry(queue, jobId)));
}

/** Applies a changed or removed limit of the project to its queue, if it has one. */
export async function setLimit(
  ports: QueuePorts,
  projectId: string,
  limit: number | undefined,
): Promise<void> {
  await change(ports, projectId, (queue) =>
    fillSlots({ ...queue, limit: limit ?? queue.active.length + queue.waiting.length + 1 }),
  );
}

/** Changes the queue and wakes the jobs whose turn has come, also those of an earlier try that died before it did so. */
async function change(
  ports: QueuePorts,
  projectId: string,
  step: (queue: QueueState) => QueueState,
  empty?: QueueState,
): Promise<QueueState | undefined> {
  let before: QueueState | undefined;
  const updated = await queues.update(ports.table, Keys.queue(projectId), (queue) => {
    before = queue;
    const next = step(queue);
    return isDeepStrictEqual(next, queue) ? undefined : next;
  });
  if (updated === undefined) {
    if (empty === undefined) return undefined;
    try {
      return (await queues.create(ports.table, step(empty))).value;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      return change(ports, projectId, step, empty); // somebody was faster
    }
  }
  // When nothing is left to change, an earlier try changed it: whom it woke is not known, and to wake twice is no harm.
  const still = updated.value === before ? [] : (before?.active ?? []);
  const awake = new Set(still.map(({ job_id }) => job_id));
  const woken = updated.value.active.filter(({ job_id }) => !awake.has(job_id));
  await Promise.all(woken.map(({ job_id }) => wakeJob(ports, job_id)));
  return updated.value;
}

/** Without a token no workflow waits yet: when it does, it finds that its turn has come. */
async function wakeJob(ports: QueuePorts, jobId: string): Promise<void> {
  const job = (await jobs.get(ports.table, Keys.job(jobId)))?.value;
  if (job?.turn_token !== undefined) await ports.workflows.wake(job.turn_token);
}
