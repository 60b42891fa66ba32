/**
 * The build workflow over ports in memory, with a backend whose machines a test ends. What a workflow asks for (a step, a
 * machine) is held until the test lets it have it: so calls, events, deaths and time may come in any order.
 */
import { AwsError, lambda, type ServiceAction, simulatedStepFunctions } from 'embedded-cloud/stepfunctions';
import * as z from 'zod';
import { StaitheError } from '../../lib/domain/error.ts';
import { buildSteps } from '../../stepfunctions/build.ts';
import type { MemoryPorts } from '../memory/index.ts';
import type { MemoryWorkflows } from '../memory/workflows.ts';
import type { SimulatedClock } from '../memory/world.ts';
import { type BuildMachine, BuildMachines } from './build-machines.ts';
import { clockOf, createMachine, STEPS } from './machine.ts';
import { runningWorkflows } from './running.ts';

/** A call that waits for its answer. @param lost what was asked for is done, and its answer never comes */
interface Held {
  readonly execution: string;
  deliver(lost: boolean): Promise<void>;
}

const LONGEST_PAUSE_MS = 60_000;

const answerLost = () => new AwsError('ServiceException', 'The answer was lost.', 500);

export class SimulatedBuilds {
  readonly workflows: MemoryWorkflows;
  readonly machines: BuildMachines;
  /** Steps that were done, by their task. */
  readonly done = new Map<string, number>();
  /** Errors of steps that are none of the domain's refusals. */
  readonly faults: unknown[] = [];
  readonly #states;
  readonly #died = new Set<string>();
  #held: Held[] = [];
  #steps: (event: unknown) => Promise<unknown> = () => Promise.reject(new Error('There are no ports yet.'));

  private constructor(clock: SimulatedClock) {
    const machines = new BuildMachines(clock);
    const functions = lambda({ [STEPS]: (payload) => this.#step(payload) });
    this.#states = simulatedStepFunctions({
      clock: clockOf(clock),
      holdsAnswers: true,
      services: {
        'lambda:Invoke': this.#holding(functions['lambda:Invoke'], answerLost),
        // Step Functions repeats a start whose answer is lost by itself, with the same token: it is one build.
        'codebuild:StartBuild': this.#holding((input, execution) =>
          machines.startBuild(input, execution?.name ?? ''),
        ),
        'codebuild:BatchGetBuilds': ({ ids }) => ({
          builds: z
            .array(z.string())
            .parse(ids)
            .map((id) => machines.buildOf(id)),
        }),
        'codebuild:StopBuild': ({ id }) => machines.stopBuild(String(id)),
      },
      buildEnds: (id) => machines.isTold(id),
    });
    this.machines = machines;
    this.workflows = runningWorkflows(this.#states, 'build', this.#died);
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

  async #step(payload: unknown): Promise<unknown> {
    const { task } = z.object({ task: z.string() }).parse(payload);
    this.done.set(task, (this.done.get(task) ?? 0) + 1);
    try {
      return await this.#steps(payload);
    } catch (error) {
      if (!(error instanceof StaitheError)) this.faults.push(error);
      throw error;
    }
  }

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

  /** @param loss what the caller is told of an answer that is lost; by default none is */
  #holding(act: ServiceAction, loss?: () => AwsError): ServiceAction {
    return (input, execution) =>
      new Promise((resolve, reject) => {
        const deliver = async (lost: boolean) => {
          try {
            const answer = await act(input, execution);
            if (lost && loss !== undefined) reject(loss());
            else resolve(answer);
          } catch (error) {
            reject(error);
          }
        };
        this.#held.push({ execution: execution?.name ?? '', deliver });
      });
  }

  /** A machine ends. @param heard whether its event reaches the workflow, which may be the second one */
  async machineEnds(machine: BuildMachine, status: string, heard: boolean): Promise<void> {
    this.machines.end(machine, status, heard);
    await this.settled();
  }

  /**
   * An execution ends before it finished: it is stopped by somebody, or fails by a fault of Step Functions, which is
   * played here, as the interpreter has none.
   */
  async dies(name: string, how: 'stopped' | 'failed'): Promise<void> {
    if (how === 'failed') this.#died.add(name);
    await this.#states.act('StopExecution', { executionArn: this.#states.arnOf('build', name) });
    await this.settled();
  }
}
