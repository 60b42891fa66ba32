/**
 * The build workflow over ports in memory, with a backend whose machines a test ends. What a workflow asks for (a step, a
 * machine) is held until the test lets it have it: so calls, events, deaths and time may come in any order.
 */
import { AwsError, lambda, simulatedStepFunctions } from 'embedded-cloud/stepfunctions';
import * as z from 'zod';
import { statusOf } from '../../lib/aws/codebuild/ended.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import type { Workflows } from '../../lib/domain/ports/workflows.ts';
import { buildSteps } from '../../stepfunctions/build.ts';
import { type MemoryMachines, memoryMachines } from '../memory/compute.ts';
import type { MemoryPorts } from '../memory/index.ts';
import { type MemoryWorkflows, memoryWorkflows } from '../memory/workflows.ts';
import type { SimulatedClock } from '../memory/world.ts';
import { clockOf, createMachine, STEPS } from './machine.ts';

/** What the variables of a machine tell its agent. */
export interface Task {
  readonly job_id: string;
  readonly ticket: string;
}

export interface BuildMachine {
  readonly ref: string;
  readonly execution: string;
  readonly task: Task;
  readonly startedAt: Date;
  /** As CodeBuild has it. */
  status: string;
  /** Whether the workflow was told of its end. */
  heard: boolean;
}

/** A call that waits for its answer. @param lost what was asked for is done, and its answer never comes */
interface Held {
  readonly execution: string;
  deliver(lost: boolean): Promise<void>;
}

const LONGEST_PAUSE_MS = 60_000;

const Start = z.object({
  environmentVariablesOverride: z.array(z.object({ name: z.string(), value: z.string() })),
});

export class SimulatedBuilds {
  readonly workflows: MemoryWorkflows;
  readonly machines: MemoryMachines;
  /** Every machine that was ever started, oldest first. */
  readonly started: BuildMachine[] = [];
  /** Steps that were done, by their task. */
  readonly done = new Map<string, number>();
  /** Errors of steps that are none of the domain's refusals. */
  readonly faults: unknown[] = [];
  /** Whether the account has no machine at the moment. */
  full = false;
  readonly #states;
  readonly #clock: SimulatedClock;
  readonly #ended = new Map<string, () => void>();
  readonly #died = new Set<string>();
  #held: Held[] = [];
  #steps: (event: unknown) => Promise<unknown> = () => Promise.reject(new Error('There are no ports yet.'));

  private constructor(clock: SimulatedClock) {
    this.#clock = clock;
    this.#states = simulatedStepFunctions({
      clock: clockOf(clock),
      holdsAnswers: true,
      services: {
        'lambda:Invoke': (input, execution) =>
          this.#hold(execution?.name, () => this.#functions(input, execution)),
        'codebuild:StartBuild': (input, execution) =>
          this.#hold(execution?.name, () => this.#startBuild(input, execution?.name ?? '')),
        'codebuild:BatchGetBuilds': ({ ids }) => ({
          builds: z.array(z.string()).parse(ids).map(this.#buildOf),
        }),
        'codebuild:StopBuild': ({ id }) => this.#stopped(String(id)),
      },
      buildEnds: (id) => new Promise((resolve) => this.#ended.set(id, resolve)),
    });
    this.workflows = this.#workflows();
    const machines = memoryMachines();
    this.machines = {
      ...machines,
      stop: async (ref) => {
        await machines.stop(ref);
        this.#stopped(ref);
      },
    };
  }

  static async begin(clock: SimulatedClock): Promise<SimulatedBuilds> {
    const builds = new SimulatedBuilds(clock);
    await createMachine(builds.#states, 'build');
    return builds;
  }

  /** The ports that the steps work with, which have `workflows` and `machines` of here. */
  serve(ports: MemoryPorts): void {
    this.#steps = buildSteps(ports);
  }

  close(): void {
    this.#states.close();
  }

  #functions = lambda({
    [STEPS]: async (payload) => {
      const { task } = z.object({ task: z.string() }).parse(payload);
      this.done.set(task, (this.done.get(task) ?? 0) + 1);
      try {
        return await this.#steps(payload);
      } catch (error) {
        if (!(error instanceof StaitheError)) this.faults.push(error);
        throw error;
      }
    },
  })['lambda:Invoke'];

  /** Lets everything happen that can without a call being answered. */
  settled(): Promise<void> {
    return this.#states.settled();
  }

  /** Time goes on, and what it brings happens: pauses and waits that are over, timeouts. */
  async passes(milliseconds: number): Promise<void> {
    await this.#states.moveTo(this.#states.now() + milliseconds);
  }

  /** Time goes on to the end of the next pause, if that is near: of a retry, rather than of a timeout. */
  async pauses(): Promise<void> {
    const { next } = this.#states;
    if (next !== undefined && next - this.#states.now() <= LONGEST_PAUSE_MS) await this.#states.moveTo(next);
  }

  /** The calls that an execution has open are answered. @param lost the answers are lost, and it tries again */
  async answer(execution: string, lost = false): Promise<void> {
    const calls = this.#held.filter((call) => call.execution === execution);
    if (calls.length === 0) return;
    this.#held = this.#held.filter((call) => call.execution !== execution);
    await Promise.all(calls.map((call) => call.deliver(lost)));
    await this.settled();
  }

  #hold<T>(execution: string | undefined, act: () => T): Promise<Awaited<T>> {
    return new Promise((resolve, reject) => {
      this.#held.push({
        execution: execution ?? '',
        async deliver(lost) {
          try {
            const answer = await act();
            if (lost) reject(new AwsError('ServiceException', 'The answer was lost.', 500));
            else resolve(answer);
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  #startBuild(input: Record<string, unknown>, execution: string) {
    if (this.full) throw new AwsError('AccountLimitExceededException', 'Cannot have more builds in queue');
    const variables = new Map(
      Start.parse(input).environmentVariablesOverride.map(({ name, value }) => [name, value]),
    );
    const machine: BuildMachine = {
      ref: `machine:${this.started.length + 1}`,
      execution,
      task: {
        job_id: variables.get('STAITHE_JOB_ID') ?? '',
        ticket: variables.get('STAITHE_JOB_TICKET') ?? '',
      },
      startedAt: this.#clock.now(),
      status: 'IN_PROGRESS',
      heard: false,
    };
    this.started.push(machine);
    this.#place(machine);
    return { build: this.#buildOf(machine.ref) };
  }

  #buildOf = (id: string) => ({
    id,
    buildStatus: this.started.find(({ ref }) => ref === id)?.status,
  });

  #place({ ref, execution, task, startedAt, status }: BuildMachine): void {
    this.machines.place(execution, task.job_id, { ref, startedAt, status: statusOf(status) });
  }

  #stopped(id: string): object {
    const machine = this.started.find(({ ref }) => ref === id);
    if (machine?.status === 'IN_PROGRESS') Object.assign(machine, { status: 'STOPPED' });
    return {};
  }

  /** A machine ends. @param heard whether its event reaches the workflow, which may be the second one */
  async machineEnds(machine: BuildMachine, status: string, heard: boolean): Promise<void> {
    machine.status = status;
    this.#place(machine);
    if (!heard) return;
    machine.heard = true;
    this.#ended.get(machine.ref)?.();
    await this.settled();
  }

  /**
   * An execution ends before its last step: it is stopped by somebody, or fails by a fault of Step Functions, which is
   * played here, as the interpreter has none.
   */
  async dies(name: string, how: 'stopped' | 'failed'): Promise<void> {
    if (how === 'failed') this.#died.add(name);
    await this.#states.act('StopExecution', { executionArn: this.#states.arnOf('build', name) });
    await this.settled();
  }

  #workflows(): MemoryWorkflows {
    const record = memoryWorkflows();
    const states = this.#states;
    const arn = (name: string) => states.arnOf('build', name);
    const ignoring = (code: string) => (error: unknown) => {
      if (!(error instanceof AwsError) || error.code !== code) throw error;
    };
    const { start, stop, state } = record;
    return Object.assign(record, {
      async start(workflow, name, input) {
        const isNew = record.find(workflow, name) === undefined;
        await start(workflow, name, input);
        if (isNew && workflow === 'build') await states.start(workflow, name, input);
      },
      async wake(taskToken) {
        await states.act('SendTaskSuccess', { taskToken, output: '{}' }).catch(ignoring('TaskTimedOut'));
      },
      stop: async (workflow, name, cause) => {
        if (workflow !== 'build') return stop(workflow, name, cause);
        await states
          .act('StopExecution', { executionArn: arn(name), error: 'Cancelled', cause })
          .catch(ignoring('ExecutionDoesNotExist'));
      },
      state: async (workflow, name) => {
        if (workflow !== 'build') return state(workflow, name);
        if (record.find(workflow, name) === undefined) return undefined;
        const { status } = await states.describe(arn(name));
        if (status === 'RUNNING') return 'running';
        if (status === 'SUCCEEDED') return 'succeeded';
        return status === 'FAILED' || this.#died.has(name) ? 'died' : 'stopped';
      },
    } satisfies Workflows);
  }
}
