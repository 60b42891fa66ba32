/** What the end of a machine means for a job that has not reported a result. Pure. */

import { cut } from '../../text.ts';
import type { Failure } from '../model/run.ts';
import type { Loss } from './losses.ts';

/** The attempt is lost, and may be followed by another; or the job has failed. */
export type MachineEnd = { readonly lost: Loss } | { readonly failure: Failure };

/** The backend's own limit, above the job's, was reached: the agent did not end the job itself. */
const PAST_LIMIT: Failure = {
  code: 'timeout_error',
  message: 'The backend stopped the job: it ran past its limit, and its agent with it.',
  hint: 'Raise `timeout`, or make the build shorter.',
};

const STOPPED: Failure = {
  code: 'cancelled',
  message: 'The build was stopped in CodeBuild.',
  hint: 'Run the failed jobs again, unless whoever stopped it had a reason.',
};

/**
 * An agent says how its job ended before it ends itself. One that did not was killed, as was one with its machine. One
 * that never claimed its job did not begin: its bundle could not be fetched, or there was no machine after all.
 * @param status in the backend's words; UNKNOWN of a machine that it knows no more
 * @param claimed whether an agent has claimed the job; `said`: what the backend says of the failure
 */
export function endOfMachine(
  status: string,
  { claimed, said }: { readonly claimed: boolean; readonly said?: string | undefined },
): MachineEnd {
  if (status === 'TIMED_OUT') return { failure: PAST_LIMIT };
  if (status === 'STOPPED') return { failure: STOPPED };
  const itself = status === 'FAILED' || status === 'SUCCEEDED';
  if (claimed) return { lost: { reason: itself ? 'agent_ended' : 'machine_lost' } };
  // A machine may be lost without a word; one that could not be set up says why.
  if (!itself && said === undefined) return { lost: { reason: 'machine_lost' } };
  // Much of it is the backend's own words, so it is cut.
  return { lost: { reason: 'agent_not_begun', ...(said !== undefined && { said: cut(said, 300) }) } };
}

interface PhaseWords {
  readonly phase: string | null | undefined;
  readonly messages: readonly (string | null | undefined)[];
}

/** What the backend says of the phase that failed. @param phases in their order; those that went well have no message */
export function wordsOf(phases: readonly PhaseWords[]): string | undefined {
  for (const { phase, messages } of phases) {
    const said = messages.find((message) => message);
    if (said) return `${phase ?? 'a phase'}: ${said}`;
  }
  return undefined;
}
