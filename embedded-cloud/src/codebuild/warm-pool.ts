/**
 * Machines that wait for a build: folders made, source fetched, sandbox up, shell and Node started, nothing of the build
 * run yet. Each serves one build and is thrown away, so builds share nothing; what is saved is waiting. A kind of
 * machine is kept ready once a build has needed one, as many as are set, and no longer than it is likely to be of use.
 */
import { availableParallelism } from 'node:os';
import type { Cloud } from '../service.ts';
import { SettingError } from '../setting-error.ts';
import type { Machine } from './machine.ts';

/**
 * Ready machines of a kind: as many as can start their work at once, unless the user says. Each holds about 70 MB.
 * @throws SettingError for what is no number of machines
 */
function readyMachines(setting = process.env.EMBEDDED_CLOUD_WARM_MACHINES): number {
  if (setting === undefined || setting === '') return availableParallelism();
  if (/^\d{1,3}$/.test(setting)) return Number(setting);
  throw new SettingError('EMBEDDED_CLOUD_WARM_MACHINES', setting, 'Write a number from 0 to 999.');
}

/** Nobody builds any more: after ten minutes without a build of the kind. */
const IDLE_MS = 10 * 60_000;
/** The next machine is made when the build that got the last one has surely begun its work. */
const SETTLE_MS = 1_000;

interface Kind {
  readonly make: () => Promise<Machine>;
  readonly ready: Machine[];
  making: boolean;
  timer: NodeJS.Timeout | undefined;
  idle: NodeJS.Timeout | undefined;
}

export class WarmPool {
  readonly #cloud: Cloud;
  readonly #size: number;
  /** Builds are waiting for a processor: machines are made for them then, not for those that may come. */
  readonly #busy: () => boolean;
  readonly #kinds = new Map<string, Kind>();
  readonly #making = new Set<Promise<void>>();
  #closed = false;

  constructor(cloud: Cloud, options: { size?: number | undefined; busy: () => boolean }) {
    this.#cloud = cloud;
    this.#size = options.size ?? readyMachines();
    this.#busy = options.busy;
  }

  /**
   * Takes a machine that is ready, and keeps others of the kind ready from now on.
   * @param key says all that makes a machine the right one
   * @param make makes one
   */
  take(key: string, make: () => Promise<Machine>): Machine | undefined {
    if (this.#size === 0 || this.#closed) return undefined;
    const kind = this.#kinds.get(key) ?? {
      make,
      ready: [],
      making: false,
      timer: undefined,
      idle: undefined,
    };
    this.#kinds.set(key, kind);
    this.#later(kind, SETTLE_MS);
    clearTimeout(kind.idle);
    kind.idle = setTimeout(() => this.#forget(key, kind), IDLE_MS).unref();
    for (;;) {
      const machine = kind.ready.shift();
      if (machine === undefined || (machine.session?.alive && machine.isCurrent)) return machine;
      void this.#discard(machine);
    }
  }

  /** A build has ended: a good moment to make machines. */
  refill(): void {
    for (const kind of this.#kinds.values()) this.#later(kind, 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const [key, kind] of this.#kinds) this.#forget(key, kind);
    await Promise.all(this.#making);
  }

  #later(kind: Kind, milliseconds: number): void {
    clearTimeout(kind.timer);
    kind.timer = setTimeout(() => this.#fill(kind), milliseconds).unref();
  }

  #fill(kind: Kind): void {
    if (this.#closed || kind.making || kind.ready.length >= this.#size) return;
    if (this.#busy()) {
      this.#later(kind, SETTLE_MS);
      return;
    }
    kind.making = true;
    const made = this.#add(kind).then((added) => {
      this.#making.delete(made);
      kind.making = false;
      if (added) this.#fill(kind);
    });
    this.#making.add(made);
  }

  /** @returns whether it went well; if not, the next build makes its own machine, and tells the reason */
  async #add(kind: Kind): Promise<boolean> {
    try {
      const machine = await kind.make();
      if (this.#closed) await this.#discard(machine);
      else kind.ready.push(machine);
      return true;
    } catch (error) {
      this.#cloud.log('codebuild', `no machine could be made ready: ${error}`);
      return false;
    }
  }

  #forget(key: string, kind: Kind): void {
    this.#kinds.delete(key);
    clearTimeout(kind.timer);
    clearTimeout(kind.idle);
    for (const machine of kind.ready.splice(0)) {
      const gone = this.#discard(machine).finally(() => this.#making.delete(gone));
      this.#making.add(gone);
    }
  }

  async #discard(machine: Machine): Promise<void> {
    await machine.end();
    await machine.remove().catch(() => {
      this.#cloud.log('codebuild', `the folder ${machine.folder} of a machine could not be removed`);
    });
  }
}
