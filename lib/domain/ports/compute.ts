/**
 * The port of whatever executes jobs: which machine a job gets, how the workflow asks for it, how that ended, and, for the
 * reconciler, the source of truth about machines.
 */
import type { Architecture, Machine } from '../machine.ts';

/** What decides which machine a job gets. */
export interface MachineNeed {
  /** The manifest's `resources.compute`. */
  readonly requested?: string | undefined;
  /** The manifest's `resources.architecture`. */
  readonly architecture?: Architecture | undefined;
  /** The job makes a container image, which needs Docker or buildah as root. */
  readonly needsImages: boolean;
  /** The job's own limit. */
  readonly timeoutSeconds: number;
  /** Names of the toolchains that it declares, with or without `@version`. */
  readonly toolchains?: readonly string[] | undefined;
}

/** The machine, or what the manifest's author can do when the installation has none for the job. */
export type MachineChoice =
  | { readonly machine: Machine }
  | { readonly refused: { readonly message: string; readonly hint: string } };

/** A task that a machine was chosen for. */
export interface MachineTask {
  readonly machine: Machine;
  readonly needsImages: boolean;
  readonly timeoutSeconds: number;
}

/** How a machine stands: `lost` when it failed by itself, or the backend no longer knows it. */
export type MachineStatus = 'running' | 'succeeded' | 'failed' | 'timed_out' | 'stopped' | 'lost';

export interface MachineState {
  readonly status: MachineStatus;
  /** The log store's name of what it has printed, when there is something. */
  readonly logStream?: string | undefined;
  /** At which phase it failed, and why, in the backend's words. */
  readonly detail?: string | undefined;
}

/** The newest machine of a job. */
export interface JobMachine extends MachineState {
  /** What the backend calls it. */
  readonly ref: string;
  /** When it was asked for; undefined of a machine that the backend no longer knows. */
  readonly startedAt?: Date | undefined;
}

/** An error that the workflow caught: its name and its text. */
export interface Caught {
  readonly error: string;
  readonly cause: string;
}

/** What such an error says: how the machine ended, or why there was none. `queue_timeout`: the job's turn did not come. */
export type TaskEnd =
  | { readonly machine: MachineState }
  | { readonly none: 'queue_timeout' | 'at_capacity' | 'refused'; readonly error: string };

/** What can be said without asking the backend. */
export interface ComputePlanner {
  choose(need: MachineNeed): MachineChoice;
  /** What the workflow hands to the backend to start the task, in the backend's terms. */
  startOf(task: MachineTask): Readonly<Record<string, unknown>>;
  endOf(caught: Caught): TaskEnd;
}

export interface ComputeMachines {
  /** The newest machine of each job that an execution of the build workflow has handed over, by job id. */
  machinesOf(execution: string): Promise<ReadonlyMap<string, JobMachine>>;
  /** Ends it. One that has ended is no error. */
  stop(ref: string): Promise<void>;
}
