/** Tickets: what lets one agent claim a job. */
import type { Randomness } from '../../ports/index.ts';

export function newTicket(randomness: Randomness): string {
  return `tkt_${randomness.secret()}`;
}
