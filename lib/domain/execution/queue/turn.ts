/** Whose turn it is. Pure. */
import type { QueueEntry, QueueState } from './schema.ts';

/**
 * Fills the free places: the next is the run with the fewest jobs at work, and of equals the one that came first. So a
 * matrix of fifty jobs never makes a small build wait for all fifty, and takes all places when nobody else waits.
 */
export function fillSlots(queue: QueueState): QueueState {
  const active = [...queue.active];
  const waiting = [...queue.waiting];
  const working = new Map<string, number>();
  for (const { run_id } of active) working.set(run_id, (working.get(run_id) ?? 0) + 1);
  while (active.length < queue.limit && waiting.length > 0) {
    let next = 0;
    for (const [at, place] of waiting.entries())
      if ((working.get(place.run_id) ?? 0) < (working.get(waiting[next]?.run_id ?? '') ?? 0)) next = at;
    const [place] = waiting.splice(next, 1);
    if (place === undefined) break;
    active.push(place);
    working.set(place.run_id, (working.get(place.run_id) ?? 0) + 1);
  }
  return { ...queue, active, waiting };
}

export function addEntries(queue: QueueState, places: readonly QueueEntry[]): QueueState {
  const known = new Set([...queue.active, ...queue.waiting].map(({ job_id }) => job_id));
  return { ...queue, waiting: [...queue.waiting, ...places.filter(({ job_id }) => !known.has(job_id))] };
}

export function removeEntry(queue: QueueState, jobId: string): QueueState {
  const others = (places: readonly QueueEntry[]) => places.filter(({ job_id }) => job_id !== jobId);
  return { ...queue, active: others(queue.active), waiting: others(queue.waiting) };
}
