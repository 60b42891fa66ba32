/** A run as it is once it has ended. Pure. */
import { type Failure, fitting, type Run } from './run.ts';

/** Why a run is ended. `finished`: its workflow has done all that there was to do. */
export type Cause =
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly error: Failure }
  | { readonly kind: 'cancelled'; readonly superseded_by?: string };

export type Outcome =
  | {
      readonly status: 'completed';
      readonly artifact_ids: string[];
      /** The earlier run that they are of. */
      readonly reused_from?: string;
    }
  | { readonly status: 'failed'; readonly error: Failure }
  | { readonly status: 'cancelled'; readonly superseded_by?: string };

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
