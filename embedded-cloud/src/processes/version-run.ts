/** A version that runs: its replicas, and what has become of their requests. */
import type { Endpoint } from './balance.ts';
import type { GroupRecord, VersionRecord } from './records.ts';
import { type Exit, Replica, type ReplicaOptions } from './replica.ts';
import type { Settings } from './settings.ts';

/** Of each version; more than anybody reads. */
const MOST_EXITS = 50;
const MINUTE = 60_000;
/** Minutes of which answers are counted. */
const MOST_MINUTES = 120;

export interface Answers {
  /** Its beginning, in epoch milliseconds. */
  readonly minute: number;
  total: number;
  serverErrors: number;
}

export interface VersionRunOptions {
  readonly type: GroupRecord['type'];
  readonly version: VersionRecord;
  readonly launch: Pick<ReplicaOptions['launch'], 'parent' | 'code' | 'isolation'>;
  readonly settings: Settings;
  readonly line: ReplicaOptions['line'];
  /** A replica has become ready, or has ended. */
  readonly changed: () => void;
}

export class VersionRun {
  readonly replicas: readonly Replica[];
  readonly exits: Exit[] = [];
  readonly answers: Answers[] = [];
  /** Whether all of its replicas have been ready at the same time. */
  wasReady = false;
  readonly #settings: Settings;

  constructor({ type, version, launch, settings, line, changed }: VersionRunOptions) {
    const { command, environment, memoryMb } = version;
    this.#settings = settings;
    this.replicas = Array.from(
      { length: version.replicas },
      (_, index) =>
        new Replica({
          ...{ number: index + 1, type, settings, line },
          launch: { ...launch, command, environment, memoryMb },
          changed: (exit) => {
            if (exit !== undefined) this.exits.splice(0, this.exits.length - MOST_EXITS + 1);
            if (exit !== undefined) this.exits.push(exit);
            this.wasReady ||= this.replicas.every(({ state }) => state === 'ready');
            changed();
          },
        }),
    );
  }

  get state(): 'starting' | 'ready' | 'degraded' {
    if (this.replicas.every(({ state }) => state === 'ready')) return 'ready';
    return this.wasReady ? 'degraded' : 'starting';
  }

  /** Whether it can take over what another version has. */
  get canServe(): boolean {
    return this.wasReady && this.replicas.some(({ state }) => state === 'ready');
  }

  /** Why it should not be tried any longer, before it was ever ready. */
  get failure(): { reason: string; lines: readonly string[] } | undefined {
    if (this.wasReady) return undefined;
    const failed = this.replicas.find(({ ends }) => ends >= this.#settings.starts);
    const last = this.exits.findLast(({ replica }) => replica === failed?.number);
    if (failed === undefined || last === undefined) return undefined;
    const reason = `Replica ${failed.number} ended ${failed.ends} times and was never ready: ${last.reason}.`;
    return { reason, lines: failed.lastLines };
  }

  endpoints(tried: ReadonlySet<Endpoint>): Endpoint[] {
    return this.replicas.flatMap(({ endpoint }) => (endpoint && !tried.has(endpoint) ? [endpoint] : []));
  }

  answered(status: number, now: number): void {
    const minute = now - (now % MINUTE);
    let last = this.answers.at(-1);
    if (last?.minute !== minute) {
      last = { minute, total: 0, serverErrors: 0 };
      this.answers.push(last);
      this.answers.splice(0, this.answers.length - MOST_MINUTES);
    }
    last.total += 1;
    if (status >= 500) last.serverErrors += 1;
  }

  async stop(patience: { drainMs: number; graceMs: number }): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop(patience)));
  }
}
