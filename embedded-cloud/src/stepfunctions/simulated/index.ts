/**
 * State machines alone, for tests: the interpreter of the embedded cloud with a clock that the test moves and services that
 * the test writes. A pause of hours takes no time, and whatever may go wrong around a machine does when the test wants it
 * to. Nothing is on disk, no port is open, and no role is asked for.
 */
import * as z from 'zod';
import { AwsError, type Call } from '../../service.ts';
import { actionsOf } from '../actions.ts';
import { machineName } from '../arns.ts';
import { Engine } from '../engine.ts';
import { parseJson } from '../json.ts';
import { Machines } from '../machines.ts';
import { Store } from '../store.ts';
import { substitute } from '../template.ts';
import { ManualTimers, movableClock } from './clock.ts';
import { ACCOUNT, REGION, simulatedCloud } from './cloud.ts';
import type { CallingExecution, SimulatedStepFunctions, SimulationOptions } from './types.ts';

export { AwsError } from '../../service.ts';
export { type MovableClock, movableClock } from './clock.ts';
export { lambda } from './lambda.ts';
export type {
  CallingExecution,
  ServiceAction,
  SimulatedExecution,
  SimulatedStepFunctions,
  SimulationOptions,
} from './types.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/simulated`;
const ADMINISTRATOR: Call = {
  principal: { kind: 'operator', arn: `arn:aws:iam::${ACCOUNT}:root` },
  requestId: 'simulated',
  authorize: () => {},
};

/** Resolves when all promises are done that need no turn of the event loop: Node runs ticks after microtasks. */
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

const Described = z.object({
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  output: z.string().transform(parseJson).exactOptional(),
  error: z.string().exactOptional(),
  cause: z.string().exactOptional(),
});

/** Step Functions with state machines of its own; `close` it at the end. */
export function simulatedStepFunctions(options: SimulationOptions): SimulatedStepFunctions {
  const timers = new ManualTimers(options.clock ?? movableClock());
  const clock = timers.clock;
  const { holdsAnswers = false } = options;
  /** Calls that began, and that were answered. */
  let [calls, answers] = [0, 0];
  /** How often an execution or the outbox waits for a turn of the event loop. */
  let turns = 0;
  const store = new Store(undefined, () => {});

  async function call(
    execution: CallingExecution | undefined,
    service: string,
    action: string,
    input: Record<string, unknown>,
  ): Promise<unknown> {
    const act = options.services[`${service}:${action}`];
    if (act === undefined)
      throw new AwsError('UnknownOperationException', `The simulation has no ${service}:${action}.`);
    calls += 1;
    try {
      return await act(input, execution);
    } finally {
      answers += 1;
    }
  }
  const cloud = simulatedCloud(options, {
    now: timers.now,
    call: (_principal, ...asked) => call(undefined, ...asked),
  });
  const engine = new Engine(cloud, {
    timers,
    store,
    random: options.random ?? (() => 0.5),
    turn: async () => {
      turns += 1;
      await new Promise(setImmediate);
      turns -= 1;
    },
    call: ({ arn, name, machine_arn }, ...asked) =>
      call({ arn, name, machine: machineName(machine_arn) }, ...asked),
  });
  const actions = actionsOf(engine, new Machines(engine));
  const arnOf = (...parts: string[]) => ['arn:aws:states', REGION, ACCOUNT, ...parts].join(':');
  engine.start();

  const self: SimulatedStepFunctions = {
    async create(name, definition, substitutions = {}) {
      const text = substitute(JSON.stringify(definition), substitutions);
      await self.act('CreateStateMachine', { name, roleArn: ROLE, definition: text });
    },
    async start(machine, name, input) {
      const stateMachineArn = arnOf('stateMachine', machine);
      const answer = await self.act('StartExecution', {
        stateMachineArn,
        name,
        input: JSON.stringify(input),
      });
      return String(answer.executionArn);
    },
    async describe(executionArn) {
      return Described.parse(await self.act('DescribeExecution', { executionArn }));
    },
    async act(action, input) {
      const run = actions[action];
      if (run === undefined) throw new AwsError('UnknownOperationException', `There is no action ${action}.`);
      return z.record(z.string(), z.unknown()).parse(await run(input, ADMINISTRATOR));
    },
    arnOf: (machine, name) => arnOf('execution', machine, name),
    now: timers.now,
    get next() {
      return timers.next;
    },
    async settled() {
      const happened = () => calls + answers + store.collected;
      const needsTurn = () => turns > 0 || (!holdsAnswers && calls > answers);
      for (let before = -1; before !== happened() || needsTurn(); ) {
        before = happened();
        timers.fire();
        // Calls may do anything, which all comes in turns of the event loop.
        await tick();
        if (needsTurn()) await new Promise(setImmediate);
      }
    },
    async moveTo(time) {
      await self.settled();
      for (let { next } = timers; next !== undefined && next <= time; { next } = timers) {
        clock.moveTo(next);
        await self.settled();
      }
      clock.moveTo(time);
    },
    async ended(executionArn) {
      for (;;) {
        await self.settled();
        const execution = await self.describe(executionArn);
        if (execution.status !== 'RUNNING') return execution;
        if (timers.next === undefined) throw new Error(`${executionArn} waits for what no time brings.`);
        clock.moveTo(timers.next);
      }
    },
    close: () => engine.stop(),
  };
  return self;
}
