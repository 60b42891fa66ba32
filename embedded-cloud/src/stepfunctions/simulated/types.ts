/** What a simulation of state machines takes, and what it is. */
import type { Json } from '../json.ts';
import type { MovableClock } from './clock.ts';

/** Whose task makes a call. */
export interface CallingExecution {
  readonly arn: string;
  readonly name: string;
  readonly machine: string;
}

/**
 * Answers one action of a service.
 * @param input the request as the API has it: members of CodeBuild in camelCase, `Payload` of Lambda as JSON text
 * @param execution undefined when no task waits for the answer: a job is stopped, an event is put
 * @returns the response as the API has it, or a promise of it. To throw an AwsError is the service's error
 */
export type ServiceAction = (
  input: Record<string, unknown>,
  execution: CallingExecution | undefined,
) => unknown;

export interface SimulationOptions {
  /** By `service:Action`: `lambda:Invoke`, `codebuild:StartBuild`, `codebuild:BatchGetBuilds`, `events:PutEvents`. */
  readonly services: Readonly<Record<string, ServiceAction>>;
  /** By default one that begins at 2026-01-01T00:00:00Z. */
  readonly clock?: MovableClock;
  /** What jitter draws: numbers in [0, 1). By default always 0.5, so that two runs are the same. */
  readonly random?: () => number;
  /**
   * Resolves when a CodeBuild build is said to have ended, which `startBuild.sync` waits for before it looks at the build.
   * Without it, a build is looked at every 100 ms.
   */
  readonly buildEnds?: (buildId: string) => Promise<void>;
  /**
   * The test holds answers of services back: time goes on while a call waits for its answer, also past its timeout. By
   * default false: time stands still until every call is answered.
   */
  readonly holdsAnswers?: boolean;
}

/** An execution, as DescribeExecution has it, with its output parsed. */
export interface SimulatedExecution {
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
}

export interface SimulatedStepFunctions {
  /**
   * Makes a state machine; one of the same name and definition is the same.
   * @param definition Amazon States Language with JSONata, as an object
   * @param substitutions values for `${Name}` in its strings
   * @throws AwsError `InvalidDefinition`, with every finding and its place
   */
  create(name: string, definition: unknown, substitutions?: Readonly<Record<string, string>>): Promise<void>;
  /** Starts an execution. @returns its ARN. @throws AwsError `ExecutionAlreadyExists`, `StateMachineDoesNotExist` */
  start(machine: string, name: string, input: unknown): Promise<string>;
  /** @throws AwsError `ExecutionDoesNotExist` */
  describe(executionArn: string): Promise<SimulatedExecution>;
  /** Any action of the API: `StopExecution`, `SendTaskSuccess`, `GetExecutionHistory`. @throws AwsError */
  act(action: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The ARN of an execution, whether or not there is one. */
  arnOf(machine: string, name: string): string;
  now(): number;
  /** When the next pause, wait, timeout or heartbeat is over; undefined when none runs. */
  readonly next: number | undefined;
  /** Lets everything happen that can at this time. */
  settled(): Promise<void>;
  /** Moves the clock from deadline to deadline up to `time`, and lets everything happen on the way. */
  moveTo(time: number): Promise<void>;
  /**
   * Moves the clock as far as the execution needs to end.
   * @throws Error when it waits for something that no time brings: a token, a job, a service's answer
   */
  ended(executionArn: string): Promise<SimulatedExecution>;
  close(): void;
}
