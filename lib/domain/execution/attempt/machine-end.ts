/** What the end of a machine means for a job that has not reported a result. Pure. */

import type { MachineStatus } from '../../ports/compute.ts';
import { cut } from '../../text.ts';
import type { Failure } from '../model/run.ts';
import type { Loss } from './losses.ts';

/** The attempt is lost, and may be followed by another; or the job has failed. */
export type MachineEnd = { readonly lost: Loss } | { readonly failure: Failure };

/** The backend's own limit, above the job's, was reached: the agent did not end the job itself. */
const PAST_LIMIT: Failure = {
  code: 'timeout_error',
  message: 'The backend stopped the job: it exceeded its time limit, and its agent did not end it.',
  hint: 'Raise `timeout`, or make the build faster.',
};

const STOPPED: Failure = {
  code: 'cancelled',
  message: 'The build machine was stopped outside Staithe.',
  hint: 'Rerun the failed jobs if the stop was not intended.',
};

/**
 * An agent says how its job ended before it ends itself. One that did not was killed, as was one with its machine. One
 * that never claimed its job did not begin: its bundle could not be fetched, or there was no machine after all.
 * @param claimed whether an agent has claimed the job; `detail`: what the backend says of the failure
 */
export function endOfMachine(
  status: MachineStatus,
  { claimed, detail }: { readonly claimed: boolean; readonly detail?: string | undefined },
): MachineEnd {
  if (status === 'timed_out') return { failure: PAST_LIMIT };
  if (status === 'stopped') return { failure: STOPPED };
  const itself = status === 'failed' || status === 'succeeded';
  if (claimed) return { lost: { reason: itself ? 'agent_ended' : 'machine_lost' } };
  // A machine may be lost without a word; one that could not be set up says why.
  if (!itself && detail === undefined) return { lost: { reason: 'machine_lost' } };
  // Much of it is the backend's own words, so it is cut.
  return { lost: { reason: 'agent_not_begun', ...(detail !== undefined && { detail: cut(detail, 300) }) } };
}
