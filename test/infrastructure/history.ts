/**
 * The longest history that a definition can lead to, in events as Step Functions counts them ("HistoryEvent", API
 * reference): two for each state that is entered and left, and for each try of a task that it is scheduled, started and
 * ended; one more when it was submitted and waits (`.sync`, `.waitForTaskToken`). A try that is refused at its start is
 * not submitted (`TaskSubmitFailed` in place of `TaskSubmitted` and its end).
 */
import * as z from 'zod';

const Retrier = z.looseObject({ ErrorEquals: z.array(z.string()), MaxAttempts: z.int().default(3) });
const State: z.ZodType<StateDefinition> = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Resource: z.string().default(''),
  Retry: z.array(Retrier).default([]),
  Catch: z.array(z.looseObject({ ErrorEquals: z.array(z.string()), Next: z.string() })).default([]),
  Choices: z.array(z.looseObject({ Next: z.string() })).default([]),
  ItemProcessor: z.lazy(() => Machine).optional(),
});
export interface StateDefinition {
  readonly Type: string;
  readonly Next?: string | undefined;
  readonly Default?: string | undefined;
  readonly Resource: string;
  readonly Retry: readonly z.infer<typeof Retrier>[];
  readonly Catch: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Choices: readonly { readonly Next: string }[];
  readonly ItemProcessor?: MachineDefinition | undefined;
}
export interface MachineDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateDefinition>>;
}
export const Machine: z.ZodType<MachineDefinition> = z.looseObject({
  StartAt: z.string(),
  States: z.record(z.string(), State),
});

/** How often a path may go through a state, and how many items a Map has. */
export interface Bounds {
  readonly visits: Readonly<Record<string, number>>;
  readonly items: number;
}

const MAP_EVENTS = 3; // MapStateStarted, MapStateSucceeded or MapStateFailed, and what ends its failing iteration
const ITERATION_EVENTS = 2;

/** Entered, not evaluated, left. */
const UNTRIED_EVENTS = 3;

/** Its arguments cannot be made: it is not tried at all, unless a retrier says so. */
const isUntried = ({ ErrorEquals }: { readonly ErrorEquals: readonly string[] }): boolean =>
  ErrorEquals.every((error) => error === 'States.QueryEvaluationError');

/** Events of a state, entered once: all its retries used up, and the last try ended. */
function eventsOf(state: StateDefinition, bounds: Bounds): number {
  const retries = state.Retry.reduce((sum, { MaxAttempts: most }) => sum + most, 0);
  switch (state.Type) {
    case 'Task':
      return 2 + 3 * retries + (/\.(sync(:2)?|waitForTaskToken)$/.test(state.Resource) ? 4 : 3);
    case 'Map':
      if (state.ItemProcessor === undefined) throw new Error('A Map has no ItemProcessor.');
      return 2 + MAP_EVENTS + bounds.items * (ITERATION_EVENTS + longest(state.ItemProcessor, bounds));
    default:
      return 2;
  }
}

/** Events of the longest way through the states. */
export function longest({ StartAt, States }: MachineDefinition, bounds: Bounds): number {
  const from = (name: string, visited: ReadonlyMap<string, number>): number => {
    const state = States[name];
    if (state === undefined) throw new Error(`There is no state ${name}.`);
    const times = (visited.get(name) ?? 0) + 1;
    if (times > (bounds.visits[name] ?? 1)) return Number.NEGATIVE_INFINITY;
    const now = new Map(visited).set(name, times);
    const [untried, tried] = [state.Catch.filter(isUntried), state.Catch.filter((one) => !isUntried(one))];
    const next = [state.Next, state.Default, ...[...tried, ...state.Choices].map(({ Next }) => Next)];
    const rests = next.flatMap((target) => (target === undefined ? [] : [from(target, now)]));
    const worked =
      eventsOf(state, bounds) +
      Math.max(...rests, next.some((target) => target !== undefined) ? Number.NEGATIVE_INFINITY : 0);
    return Math.max(worked, ...untried.map(({ Next }) => UNTRIED_EVENTS + from(Next, now)));
  };
  return from(StartAt, new Map());
}
