/**
 * AWS Step Functions for the embedded cloud: an interpreter of the Amazon States Language with JSONata.
 *
 * How an execution survives a restart. Every line of control (the root, each branch of a Parallel, each iteration of a
 * Map) has a *position*: the state it is in, that state's input, the variables of its own scope, how often it retried,
 * and the phase of its work (`ready`, `waiting` or `backoff` until a deadline, a `task` with its evaluated arguments,
 * the `children` of a Parallel or Map, `done`, `failed`). Positions are written together with the history events that
 * led to them. After `kill -9`, `start()` reads them and walks on from there; nothing before a position is run again:
 *
 * - a Wait and a retry keep their deadlines; an execution keeps its TimeoutSeconds;
 * - a `.sync` task has the answer of its submitting call in its position and waits for that very build or execution;
 * - a task token stays good, an outcome sent before the crash counts, and a heartbeat gets its whole interval again;
 * - a request-response task that was in flight is called again with the same arguments: at least once, as with Step
 *   Functions' own retries, so functions are to be idempotent. Its TimeoutSeconds begins again;
 * - state that calls no one (Pass, Choice, evaluations) may be evaluated again if nobody has seen its effect.
 *
 * The walk itself is plain recursive code: `engine` → `execution` → `walk` (state after state) → `simple-states`,
 * `task`, `children` (which walk inner branches), with `handlers` for Retry and Catch around the latter two.
 * `integrations/` holds what a Task's Resource may name. `store` collects writes into few transactions.
 */
import type { Cloud, Service } from '../service.ts';
import { actionsOf } from './actions.ts';
import { Engine } from './engine.ts';
import { Machines } from './machines.ts';
import { stateMachineProvider } from './template.ts';
import type { Timers } from './timers.ts';

/**
 * The `states` service.
 * @param timers deadlines, by default on the cloud's clock; tests pass a clock that they turn themselves
 */
export function stepfunctions(cloud: Cloud, timers?: Timers): Service {
  const engine = new Engine(cloud, timers === undefined ? {} : { timers });
  const machines = new Machines(engine);
  return {
    name: 'states',
    actions: actionsOf(engine, machines),
    resources: { 'AWS::StepFunctions::StateMachine': stateMachineProvider(cloud, machines) },
    start: () => engine.start(),
    stop: () => engine.stop(),
  };
}
