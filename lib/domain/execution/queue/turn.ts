/** Whose turn it is. Pure. */
import type { QueueEntry, QueueState } from './schema.ts';

/**
 * Fills the free slots: the next is the run with the fewest jobs at work, and of equals the one that came first. So a
 * matrix of fifty jobs never makes a small build wait for all fifty, and takes all slots when no other run waits.
 */
export function fillSlots(queue: QueueState): QueueState {
  const active = [...queue.active];
  const waiting = [...queue.waiting];
  const working = new Map<string, number>();
  for (const { run_id } of active) working.set(run_id, (working.get(run_id) ?? 0) + 1);
  while (active.length < queue.limit && waiting.length > 0) {
    let next = 0;
    for (const [at, entry] of waiting.entries())
      if ((working.get(entry.run_id) ?? 0) < (working.get(waiting[next]?.run_id ?? '') ?? 0)) next = at;
    const [entry] = waiting.splice(next, 1);
    if (entry === undefined) break;
    active.push(entry);
    working.set(entry.run_id, (working.get(entry.run_id) ?? 0) + 1);
  }
  return { ...queue, active, waiting };
}

export function addEntries(queue: QueueState, entries: readonly QueueEntry[]): QueueState {
  const known = new Set([...queue.active, ...queue.waiting].map(({ job_id }) => job_id));
  return { ...queue, waiting: [...queue.waiting, ...entries.filter(({ job_id }) => !known.has(job_id))] };
}

export function removeEntry(queue: QueueState, jobId: string): QueueState {
  const others = (entries: readonly QueueEntry[]) => entries.filter(({ job_id }) => job_id !== jobId);
  return { ...queue, active: others(queue.active), waiting: others(queue.waiting) };
}
