/** A lifecycle is data: from each status, the statuses that may follow. It is the only way to change a status. */
import { StaitheError } from './error.ts';

export type Lifecycle<Status extends string> = { readonly [From in Status]: readonly Status[] };

/** Whether `to` may follow `from`. */
export function mayFollow<Status extends string>(
  lifecycle: Lifecycle<Status>,
  from: Status,
  to: Status,
): boolean {
  return lifecycle[from].includes(to);
}

/** Whether nothing follows `status`. */
export function isFinal<Status extends string>(lifecycle: Lifecycle<Status>, status: Status): boolean {
  return lifecycle[status].length === 0;
}

/** @throws StaitheError wrong_state, naming the thing and both statuses */
export function assertMayFollow<Status extends string>(
  lifecycle: Lifecycle<Status>,
  from: Status,
  to: Status,
  what: string,
): void {
  if (!mayFollow(lifecycle, from, to))
    throw new StaitheError('wrong_state', `${what} is ${from}; it cannot become ${to}.`);
}
