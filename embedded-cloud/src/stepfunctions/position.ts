/** Where a branch of an execution stands: what is on disk of it, and what it goes on from after a restart. */
import type { Json, JsonObject } from './json.ts';

/** A task handed to a service, or about to be. */
export interface TaskRecord {
  /** The evaluated Arguments: a task that is run again after a restart gets the same. */
  readonly arguments: Json;
  /** Unique for this attempt: the task token, and what makes submitting a job twice harmless. */
  readonly token: string;
  /** Deadline by TimeoutSeconds, ms since the epoch; absent without one. */
  timeoutAt?: number;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  /** What the submitting call answered, for `.sync` (it names the job) and `.waitForTaskToken`. */
  submitted?: Json;
  /** What SendTaskSuccess (the output as JSON text) or SendTaskFailure said. */
  outcome?: { readonly output: string } | { readonly error: string; readonly cause: string };
}

export type Phase =
  /** The state's work begins, or begins again. */
  | { readonly kind: 'ready' }
  /** A Wait state, until then (ms since the epoch). */
  | { readonly kind: 'waiting'; readonly until: number }
  /** A failed attempt, to be retried then. */
  | { readonly kind: 'backoff'; readonly until: number }
  | { readonly kind: 'task'; readonly task: TaskRecord }
  /** Inputs (JSON texts) of the branches of a Parallel or the iterations of a Map, each a branch with an own position. */
  | {
      readonly kind: 'children';
      readonly inputs: readonly string[];
      readonly items?: readonly Json[];
      readonly concurrency: number;
      readonly tolerated?: number;
    }
  /** The branch ended; kept until the Parallel or Map around it has ended. */
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

export interface Position {
  state: string;
  /** JSON text of the state's input. */
  input: string;
  /** Variables of this branch's own scope. */
  variables: JsonObject;
  enteredAt: number;
  /** Id of the StateEntered event; 0 until it is recorded. */
  enteredEvent: number;
  lastEvent: number;
  /** Retries so far in this state, by retrier. */
  retries: number[];
  phase: Phase;
}
