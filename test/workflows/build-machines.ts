/** A backend like CodeBuild, whose machines a test ends. */
import { AwsError } from 'embedded-cloud/stepfunctions';
import * as z from 'zod';
import { statusOf } from '../../lib/aws/codebuild/ended.ts';
import { type MemoryMachines, memoryMachines } from '../memory/compute.ts';
import type { SimulatedClock } from '../memory/world.ts';

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

const Start = z.object({
  environmentVariablesOverride: z.array(z.object({ name: z.string(), value: z.string() })),
});

export class BuildMachines {
  /** The port that the domain asks. */
  readonly port: MemoryMachines;
  /** Every machine that was ever started, oldest first. */
  readonly started: BuildMachine[] = [];
  /** Whether the account has no machine at the moment. */
  full = false;
  readonly #clock: SimulatedClock;
  readonly #told = new Map<string, () => void>();

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    const machines = memoryMachines();
    this.port = {
      ...machines,
      stop: async (ref) => {
        await machines.stop(ref);
        this.stopBuild(ref);
      },
    };
  }

  startBuild(input: Record<string, unknown>, execution: string): object {
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
    return { build: this.buildOf(machine.ref) };
  }

  buildOf(id: string): object {
    return { id, buildStatus: this.#find(id)?.status };
  }

  stopBuild(id: string): object {
    const machine = this.#find(id);
    if (machine?.status === 'IN_PROGRESS') this.end(machine, 'STOPPED', false);
    return {};
  }

  /** Resolves when the workflow is told of the end of a build. */
  isTold(id: string): Promise<void> {
    return new Promise((resolve) => this.#told.set(id, resolve));
  }

  /** @param heard whether the workflow is told, perhaps of a later end than the first */
  end(machine: BuildMachine, status: string, heard: boolean): void {
    machine.status = status;
    this.#place(machine);
    if (!heard) return;
    machine.heard = true;
    this.#told.get(machine.ref)?.();
  }

  #find(id: string): BuildMachine | undefined {
    return this.started.find(({ ref }) => ref === id);
  }

  #place({ ref, execution, task, startedAt, status }: BuildMachine): void {
    this.port.place(execution, task.job_id, { ref, startedAt, status: statusOf(status) });
  }
}
