/** Retry and Catch of Task, Parallel and Map states. */
import type { Branch, Exit } from './branch.ts';
import type { HandledState, Retrier } from './definition.ts';
import { type StateFailure, takes } from './failure.ts';
import { located } from './locate.ts';
import { Cancelled } from './scope.ts';
import { sleep } from './simple-states.ts';

/** Defaults of a Retry clause, by the specification. */
const INTERVAL_SECONDS = 1;
const MAX_ATTEMPTS = 3;
const BACKOFF_RATE = 2;

/**
 * How long to wait before a retry, in milliseconds: interval × rate^(retries so far), capped, and with full jitter a
 * random part of it.
 * @param random a number in [0, 1)
 */
export function backoff(retrier: Retrier, retries: number, random: () => number = Math.random): number {
  const { IntervalSeconds = INTERVAL_SECONDS, BackoffRate = BACKOFF_RATE } = retrier;
  const { MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy = 'NONE' } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** retries, MaxDelaySeconds);
  return Math.round(seconds * 1000 * (JitterStrategy === 'FULL' ? random() : 1));
}

/** Counts a retry and waits in phase `backoff`, if a Retry clause takes the failure and has attempts left. */
function retryLater(branch: Branch, state: HandledState, failure: StateFailure): boolean {
  const retriers = state.Retry ?? [];
  const index = retriers.findIndex(({ ErrorEquals }) => takes(ErrorEquals, failure.error));
  const retrier = retriers[index];
  if (retrier === undefined) return false;
  const { position, execution } = branch;
  const { runtime } = execution;
  const retries = position.retries[index] ?? 0;
  if (retries >= (retrier.MaxAttempts ?? MAX_ATTEMPTS)) return false;
  position.retries = retriers.map((_, other) => (position.retries[other] ?? 0) + (other === index ? 1 : 0));
  branch.save({ kind: 'backoff', until: runtime.timers.now() + backoff(retrier, retries, runtime.random) });
  return true;
}

function caught(branch: Branch, state: HandledState, failure: StateFailure): Promise<Exit> | undefined {
  const clauses = state.Catch ?? [];
  const index = clauses.findIndex(({ ErrorEquals }) => takes(ErrorEquals, failure.error));
  const clause = clauses[index];
  if (clause === undefined) return undefined;
  const errorOutput = failure.output;
  return branch.finish(clause, clause.Next, JSON.stringify(errorOutput), { errorOutput }, `Catch[${index}]/`);
}

/** Runs a state's attempts until one succeeds, a Catch clause takes the failure, or none does. */
export async function withHandlers(
  branch: Branch,
  state: HandledState,
  attempt: () => Promise<Exit>,
): Promise<Exit> {
  for (;;) {
    const { phase } = branch.position;
    if (phase.kind === 'backoff') {
      await sleep(branch, phase.until);
      branch.save({ kind: 'ready' });
    }
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      branch.scope.check();
      const failure = located(branch, error);
      if (retryLater(branch, state, failure)) continue;
      const exit = caught(branch, state, failure);
      if (exit === undefined) throw failure;
      return await exit;
    }
  }
}
