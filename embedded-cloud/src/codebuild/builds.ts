/** The builds under way: begun in turn, stopped, timed out, and accounted for after a crash. */
import { EventEmitter, once } from 'node:events';
import { accountQuotas } from '../quotas.ts';
import type { Cloud } from '../service.ts';
import { type Build, completeBuild, endPhase, type FinalStatus, type PhaseContext } from './build.ts';
import { sendPhaseChange, sendStateChange } from './build-events.ts';
import { type MachineOptions, Machines } from './machines.ts';
import { BuildQueue } from './queue.ts';
import { type Interruption, runBuild } from './run-build.ts';
import type { BuildStore } from './store.ts';

const MINUTE_MS = 60_000;
/** Deadlines are looked at this often, so that a machine that slept, or whose clock moved, keeps to them. */
const LONGEST_SLEEP_MS = 1_000;

export class Builds {
  readonly #cloud: Cloud;
  readonly #store: BuildStore;
  readonly #queue: BuildQueue;
  readonly #aborts = new Map<string, AbortController>();
  readonly #ended = new EventEmitter().setMaxListeners(0);
  readonly #tasks = new Set<Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #machines: Machines;
  #closing = false;

  constructor(
    cloud: Cloud,
    store: BuildStore,
    limitOf: (project: string) => number | undefined,
    machines: MachineOptions = {},
  ) {
    this.#cloud = cloud;
    this.#store = store;
    this.#queue = new BuildQueue(accountQuotas(cloud).runningBuilds, limitOf);
    this.#machines = new Machines(cloud, { ...machines, busy: () => this.#queue.length > 0 });
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Puts a build that was just stored into the queue. */
  submit(build: Build): void {
    sendStateChange(this.#cloud, build);
    this.#enqueue(build);
  }

  /** Asks for the build's end. @returns false when it has ended already */
  stop(build: Build): boolean {
    if (build.buildComplete) return false;
    if (this.#queue.remove(build.id)) this.#endQueued(build, 'STOPPED', []);
    else this.#aborts.get(build.id)?.abort('STOPPED' satisfies Interruption);
    return true;
  }

  /** Settles when the build has ended, at once when it has already or is unknown. */
  async whenEnded(id: string): Promise<void> {
    if (this.#store.find(id)?.buildComplete === false) await once(this.#ended, id);
  }

  /** Builds that waited go on waiting; those that ran were lost with the machine. */
  async recover(): Promise<void> {
    await this.#machines.removeRemains();
    for (const build of this.#store.unfinished()) {
      if (build.currentPhase === 'QUEUED') this.#enqueue(build);
      else this.#lost(build);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const abort of this.#aborts.values()) abort.abort('LOST' satisfies Interruption);
    await Promise.all(this.#tasks);
    await this.#machines.close();
  }

  #enqueue(build: Build): void {
    const waited = this.#cloud.now() - build.startTime * 1000;
    this.#timer(build.id, build.queuedTimeoutInMinutes * MINUTE_MS - waited, () => {
      const context = { statusCode: 'BUILD_TIMED_OUT', message: 'Build has timed out in the queue.' };
      if (this.#queue.remove(build.id)) this.#endQueued(build, 'TIMED_OUT', [context]);
    });
    this.#queue.add({
      id: build.id,
      project: build.projectName,
      begin: () => {
        const task = this.#run(build);
        this.#tasks.add(task);
        return task.finally(() => this.#tasks.delete(task));
      },
    });
  }

  async #run(build: Build): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(build.id, abort);
    // StartBuild's answer goes out first.
    await new Promise(setImmediate);
    if (this.#closing) return;
    this.#timer(build.id, build.timeoutInMinutes * MINUTE_MS, () =>
      abort.abort('TIMED_OUT' satisfies Interruption),
    );
    const queued = endPhase(build, 'SUCCEEDED', this.#cloud.now() / 1000);
    const save = (state: Build) => void this.#store.save(state);
    try {
      await runBuild(
        {
          cloud: this.#cloud,
          machine: (started) => this.#machines.machineFor(started),
          save,
          signal: abort.signal,
        },
        queued,
      );
    } catch (error) {
      this.#cloud.log('codebuild', `${build.id} ended unexpectedly: ${error}`);
      this.#lost(this.#store.find(build.id) ?? queued);
    }
    this.#aborts.delete(build.id);
    this.#end(build.id);
    this.#machines.ended();
  }

  #lost(build: Build): void {
    const context = {
      statusCode: 'INTERNAL_ERROR',
      message: 'The machine that ran this build was lost: the cloud stopped while it ran.',
    };
    this.#complete(build, 'FAULT', [context]);
  }

  #endQueued(build: Build, status: FinalStatus, contexts: readonly PhaseContext[]): void {
    this.#complete(build, status, contexts);
    this.#end(build.id);
  }

  #complete(build: Build, status: FinalStatus, contexts: readonly PhaseContext[]): void {
    const now = this.#cloud.now() / 1000;
    const ended = endPhase(build, status, now, contexts);
    const completed = completeBuild(ended, status, now);
    this.#store.save(completed);
    const phase = ended.phases.at(-1);
    if (phase) sendPhaseChange(this.#cloud, ended, phase);
    sendStateChange(this.#cloud, completed);
  }

  #end(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#ended.emit(id);
  }

  #timer(id: string, ms: number, expired: () => void): void {
    const deadline = this.#cloud.now() + ms;
    const look = (): void => {
      clearTimeout(this.#timers.get(id));
      const left = deadline - this.#cloud.now();
      if (left <= 0) expired();
      else this.#timers.set(id, setTimeout(look, Math.min(left, LONGEST_SLEEP_MS)).unref());
    };
    look();
  }
}
