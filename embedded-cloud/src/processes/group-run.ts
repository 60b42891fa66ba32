/**
 * A group that runs. What its record asks for is brought about step by step, whenever something has changed: versions are
 * started, get their traffic once they are ready, and only then those that have none any more are stopped.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Balancer, type Endpoint } from './balance.ts';
import type { Processes } from './context.ts';
import { logLine } from './group-logs.ts';
import { GroupProxy } from './proxy.ts';
import { type GroupRecord, runningVersions, versionsOf } from './records.ts';
import { VersionRun } from './version-run.ts';

/** Of lines in the message of a failure. */
const TOLD_LINES = 10;
/** After an error of the cloud itself, in milliseconds. */
const RETRY_MS = 1_000;

export class GroupRun {
  readonly #processes: Processes;
  readonly #name: string;
  readonly #runs = new Map<number, VersionRun>();
  readonly #stopping = new Set<Promise<void>>();
  readonly #balancer = new Balancer();
  #proxy: GroupProxy | undefined;
  #url: string | undefined;
  #isClosed = false;

  constructor(processes: Processes, name: string) {
    this.#processes = processes;
    this.#name = name;
  }

  /** Where a `web` group is served. */
  get url(): string | undefined {
    return this.#url;
  }

  get record(): GroupRecord {
    const record = this.#processes.store.find(this.#name);
    if (record === undefined) throw new Error(`There is no process group ${this.#name}.`);
    return record;
  }

  /** What runs of a version, if anything does. */
  runOf(version: number): VersionRun | undefined {
    return this.#runs.get(version);
  }

  /** Listens, and starts what an earlier run has left. */
  async open(): Promise<void> {
    const { cloud } = this.#processes;
    if (this.record.type === 'web') {
      this.#proxy = new GroupProxy({
        choose: (tried) => this.#choose(tried),
        whyNone: () => this.#whyNone(),
      });
      const port = await this.#proxy.listen(await cloud.port(`process-${this.#name}`));
      cloud.publishPort?.(port);
      this.#url = `http://127.0.0.1:${port}/`;
    }
    this.reconcile();
  }

  /** Ends everything. @param graceMs between SIGTERM and SIGKILL */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    if (this.#url !== undefined) this.#processes.cloud.unpublishPort?.(Number(new URL(this.#url).port));
    await this.#proxy?.close();
    for (const [version, run] of this.#runs) this.#retire(version, run, { drainMs: 0, graceMs });
    await this.whenStopped();
  }

  /** Waits for versions that were retired. */
  async whenStopped(): Promise<void> {
    await Promise.all(this.#stopping);
  }

  /** Waits while a version starts, and not for longer than a replica may take. */
  async whenStarted(version: number): Promise<void> {
    const deadline = performance.now() + this.#processes.settings.startMs;
    while (this.#runs.get(version)?.state === 'starting' && performance.now() < deadline) await delay(10);
  }

  /** Brings about what the record asks for, as far as it can be done now. */
  reconcile(): void {
    if (this.#isClosed) return;
    for (const version of runningVersions(this.record)) if (!this.#runs.has(version)) this.#start(version);
    this.#giveUp();
    this.#shift();
    const running = runningVersions(this.record);
    for (const [version, run] of this.#runs) if (!running.has(version)) this.#retire(version, run);
  }

  /** For changes that come by themselves: what goes wrong then is tried again, and does not end the cloud. */
  #reconcileAnyhow(): void {
    try {
      this.reconcile();
    } catch (error) {
      this.#processes.cloud.log(
        'processes',
        `${this.#name} could not be brought up to date: ${String(error)}`,
      );
      setTimeout(() => this.#reconcileAnyhow(), RETRY_MS).unref();
    }
  }

  /** A version that never served, and cannot start, is not tried for ever. One with traffic is. */
  #giveUp(): void {
    for (const [number, run] of this.#runs) {
      const { traffic, wanted, candidate, versions, ...record } = this.record;
      const failure = run.failure;
      if (failure === undefined || versionsOf(traffic).includes(number)) continue;
      const told = [failure.reason, 'Its last lines:', ...failure.lines.slice(-TOLD_LINES)].join('\n');
      this.#processes.store.save({
        ...record,
        traffic,
        versions: versions.map((each) => (each.number === number ? { ...each, failure: told } : each)),
        ...(wanted && !versionsOf(wanted).includes(number) && { wanted }),
        ...(candidate !== undefined && candidate !== number && { candidate }),
      });
    }
  }

  #shift(): void {
    const { wanted, candidate, ...record } = this.record;
    if (wanted === undefined || !versionsOf(wanted).every((version) => this.#runs.get(version)?.canServe))
      return;
    const isServing = candidate !== undefined && versionsOf(wanted).includes(candidate);
    this.#processes.store.save({
      ...record,
      traffic: wanted,
      ...(candidate !== undefined && !isServing && { candidate }),
    });
    this.#balancer.reset();
  }

  #start(number: number): void {
    const { processes, record } = { processes: this.#processes, record: this.record };
    const version = record.versions.find((each) => each.number === number);
    if (version === undefined) return;
    const run = new VersionRun({
      ...{ type: record.type, version, settings: processes.settings },
      launch: {
        parent: processes.replicasFolder,
        code: processes.code.folderOf(version.sha256),
        isolation: processes.isolation ?? 'plain',
      },
      line: (process, text) => logLine(processes, { group: this.#name, version: number, process }, text),
      // Not within the constructor, or while another change is being made.
      changed: () => queueMicrotask(() => this.#reconcileAnyhow()),
    });
    this.#runs.set(number, run);
  }

  #retire(
    version: number,
    run: VersionRun,
    patience: { drainMs: number; graceMs: number } = this.#processes.settings,
  ): void {
    this.#runs.delete(version);
    const { cloud } = this.#processes;
    const stopped = run
      .stop(patience)
      .catch((error: unknown) =>
        cloud.log('processes', `${this.#name}, version ${version}, did not stop cleanly: ${String(error)}`),
      )
      .finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }

  #choose(tried: ReadonlySet<Endpoint>) {
    const { traffic } = this.record;
    const found = this.#balancer.choose(
      traffic,
      (version) => this.#runs.get(version)?.endpoints(tried) ?? [],
    );
    const run = found && this.#runs.get(found.version);
    if (found === undefined || run === undefined) return undefined;
    return {
      endpoint: found.endpoint,
      answered: (status: number) => run.answered(status, this.#processes.cloud.now()),
    };
  }

  #whyNone(): string {
    const { traffic } = this.record;
    if (traffic.length === 0) return `No version of ${this.#name} has traffic.`;
    const states = versionsOf(traffic).map((version) => {
      const run = this.#runs.get(version);
      const last = run?.exits.at(-1);
      return `version ${version} is ${run?.state ?? 'stopped'}${last ? ` (${last.reason})` : ''}`;
    });
    return `No replica of ${this.#name} is ready: ${states.join(', ')}.`;
  }
}
