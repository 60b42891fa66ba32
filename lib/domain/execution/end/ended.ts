/** A run as it is once it has ended. Pure. */
import { fitting, type Run } from '../model/run.ts';
import type { Outcome } from './outcome.ts';

export function endedAs(run: Run, outcome: Outcome, now: Date): Run {
  const completed_at = now.toISOString();
  switch (outcome.status) {
    case 'completed':
      return {
        ...run,
        ...outcome,
        stage: outcome.reused_from === undefined ? 'done' : 'reused',
        progress: 100,
        // A run that has earlier artifacts begins and ends at once.
        started_at: run.started_at ?? completed_at,
        completed_at,
      };
    case 'failed':
      return { ...run, status: 'failed', stage: 'failed', error: fitting(outcome.error), completed_at };
    case 'cancelled':
      return { ...run, ...outcome, stage: 'cancelled', completed_at };
  }
}
