/**
 * A cloud with Step Functions and scripted neighbours, on a clock that tests turn themselves: `settle` lets everything
 * that is ready happen, and only then moves the clock to the next deadline.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsError, type Call, type Cloud, type Principal, type Service } from '../../src/service.ts';
import { stepfunctions } from '../../src/stepfunctions/index.ts';
import { lambda as simulatedLambda } from '../../src/stepfunctions/simulated/lambda.ts';
import { DeadlineList, type Timers } from '../../src/stepfunctions/timers.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/workflow';

/** A clock that stands still until it is moved. */
export class TestClock implements Timers {
  time = Date.parse('2026-01-01T00:00:00Z');
  readonly #deadlines = new DeadlineList();
  now = () => this.time;
  at = (deadline: number, fire: () => void) => this.#deadlines.add(deadline, fire);
  stop(): void {
    this.#deadlines.clear();
  }
  get next(): number | undefined {
    return this.#deadlines.next;
  }
  /** Moves to the next deadline, or to `time`, and fires what is due. */
  moveTo(time: number): void {
    this.time = Math.max(time, this.time);
    this.#deadlines.fire(this.time);
  }
}

type Input = Record<string, unknown>;
/** What a neighbour answers (`codebuild:whenBuildEnds` is a method of the service, not an action); a rejection or throw is its error. */
export type Neighbour = (input: Input, principal: Principal) => unknown;

export interface TestCloud {
  readonly cloud: Cloud;
  readonly clock: TestClock;
  readonly folder: string;
  readonly calls: { service: string; action: string; input: Input; principal: Principal }[];
  readonly authorized: { action: string; resource: string }[];
  service: Service;
  /** Calls an action of Step Functions as the operator. */
  act<Answer = Input>(action: string, input: Input): Promise<Answer>;
  /** Stops the service and starts it anew from its folder. */
  restart(): void;
  close(): void;
}

export function testCloud(neighbours: Record<string, Neighbour> = {}, folder?: string): TestCloud {
  const state = folder ?? mkdtempSync(join(tmpdir(), 'stepfunctions-'));
  const calls: TestCloud['calls'] = [];
  const authorized: TestCloud['authorized'] = [];
  const services = new Set(Object.keys(neighbours).map((key) => key.split(':')[0]));
  let clock = new TestClock();
  const call: Call = {
    principal: { kind: 'operator', arn: 'arn:aws:iam::123456789012:root' },
    requestId: 'test',
    authorize: (action, resource) => authorized.push({ action, resource }),
  };
  const cloud: Cloud = {
    accountId: '123456789012',
    region: 'eu-central-1',
    partition: 'aws',
    endpoint: 'http://127.0.0.1:1',
    stateDir: (service) => join(state, service),
    now: () => clock.time,
    log: () => {},
    role: (arn) => ({ kind: 'role', arn }),
    credentials: () => ({ accessKeyId: '', secretAccessKey: '', sessionToken: '' }),
    async call(principal, service, action, input) {
      if (service === 'states') return test.service.actions?.[action]?.(input, { ...call, principal });
      calls.push({ service, action, input, principal });
      const neighbour = neighbours[`${service}:${action}`];
      if (neighbour === undefined) throw new AwsError('UnknownOperationException', `no ${service}:${action}`);
      return neighbour(input, principal);
    },
    service(name) {
      if (name === 'states') return test.service;
      if (!services.has(name)) throw new Error(`no service ${name}`);
      const whenBuildEnds = neighbours[`${name}:whenBuildEnds`];
      return { name, ...(whenBuildEnds === undefined ? {} : { whenBuildEnds }) };
    },
    asset: () => undefined,
    port: async () => 0,
  };
  const test: TestCloud = {
    cloud,
    get clock() {
      return clock;
    },
    folder: state,
    calls,
    authorized,
    service: stepfunctions(cloud, clock),
    async act<Answer>(action: string, input: Input): Promise<Answer> {
      const run = test.service.actions?.[action];
      if (run === undefined) throw new Error(`no action ${action}`);
      return (await run(input, call)) as Answer;
    },
    restart() {
      void test.service.stop?.();
      const { time } = clock;
      clock = new TestClock();
      clock.time = time;
      test.service = stepfunctions(cloud, clock);
      void test.service.start?.();
    },
    close() {
      void test.service.stop?.();
      if (folder === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
  void test.service.start?.();
  return test;
}

/** A neighbour's Lambda: handlers by function name. */
export function lambda(functions: Record<string, (payload: unknown) => unknown>): Record<string, Neighbour> {
  const invoke = simulatedLambda(functions)['lambda:Invoke'];
  return { 'lambda:Invoke': (input) => invoke(input, undefined) };
}

/** An error as a function throws it. */
export function functionError(name: string, message = ''): Error {
  return Object.assign(new Error(message), { name });
}

export interface Ended {
  status: string;
  output?: unknown;
  error?: string;
  cause?: string;
  executionArn: string;
}

let machines = 0;

/** Creates a machine (the JSONata line is added) and starts it. */
export async function begin(test: TestCloud, definition: Input, input: unknown = {}): Promise<string> {
  machines += 1;
  const { stateMachineArn } = await test.act('CreateStateMachine', {
    name: `machine-${machines}`,
    roleArn: ROLE,
    definition: JSON.stringify({ QueryLanguage: 'JSONata', ...definition }),
  });
  const { executionArn } = await test.act('StartExecution', {
    stateMachineArn,
    input: JSON.stringify(input),
  });
  return String(executionArn);
}

/** Lets everything happen that can without the clock moving. */
export async function settle(): Promise<void> {
  // Evaluations run in microtasks; calls between services and their answers take a few turns of the event loop.
  for (let turn = 0; turn < 12; turn++) await new Promise(setImmediate);
}

export async function describeExecution(test: TestCloud, executionArn: string): Promise<Ended> {
  const found = await test.act('DescribeExecution', { executionArn });
  return {
    executionArn,
    status: String(found.status),
    ...(typeof found.output === 'string' ? { output: JSON.parse(found.output) } : {}),
    ...(typeof found.error === 'string' ? { error: found.error } : {}),
    ...(typeof found.cause === 'string' ? { cause: found.cause } : {}),
  };
}

/** Turns the clock from deadline to deadline until the execution has ended. */
export async function finish(test: TestCloud, executionArn: string): Promise<Ended> {
  for (;;) {
    await settle();
    const execution = await describeExecution(test, executionArn);
    if (execution.status !== 'RUNNING') return execution;
    const { next } = test.clock;
    if (next === undefined) throw new Error(`${executionArn} runs and waits for nothing`);
    test.clock.moveTo(next);
  }
}

export async function eventTypes(test: TestCloud, executionArn: string): Promise<string[]> {
  const { events } = await test.act<{ events: { type: string }[] }>('GetExecutionHistory', { executionArn });
  return events.map(({ type }) => type);
}
