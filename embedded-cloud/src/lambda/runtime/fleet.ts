/** All execution environments: a pool for each version and revision in use, reaped when idle. */
import { join } from 'node:path';
import type { Cloud } from '../../service.ts';
import type { Images } from '../image/images.ts';
import type { LogShipper } from '../logs.ts';
import type { Version } from '../records.ts';
import type { Invocation } from './environment.ts';
import type { Admission } from './event-line.ts';
import type { Launch } from './launch.ts';
import type { Limits } from './limits.ts';
import type { Shared } from './member.ts';
import type { Result } from './outcome.ts';
import { Pool } from './pool.ts';
import { Processors } from './processors.ts';
import { Room } from './room.ts';
import { RuntimeApi } from './runtime-api.ts';
import { StartGate } from './start-gate.ts';

/** Idle environments end after five minutes, as AWS's do after about that long. */
const IDLE_LIMIT = 5 * 60_000;
const REAP_EVERY = 30_000;
/** A warm Node process with an SDK client takes about 120 MB: more idle ones than this end after ten seconds. */
const IDLE_COMFORT = 12;
const CROWDED_IDLE_LIMIT = 10_000;

export class Fleet {
  readonly #cloud: Cloud;
  readonly #logs: LogShipper;
  readonly #images: Images;
  readonly #api = new RuntimeApi();
  readonly #shared: Shared;
  readonly #pools = new Map<string, Pool>();
  /** Pools of outdated versions, whose last events are still running. */
  readonly #closing = new Set<Pool>();
  readonly #reaper: NodeJS.Timeout;

  constructor(cloud: Cloud, logs: LogShipper, images: Images, limits: Limits) {
    this.#cloud = cloud;
    this.#logs = logs;
    this.#images = images;
    const room = new Room(limits.environments);
    this.#shared = { api: this.#api, gate: new StartGate(), room, limits, processors: new Processors() };
    this.#reaper = setInterval(() => this.reap(Date.now()), REAP_EVERY);
    this.#reaper.unref();
  }

  /** @throws TooManyRequestsException when there is no room, and the event may not wait (any longer) */
  invoke(
    functionName: string,
    version: Version,
    invocation: Invocation,
    admission: Admission,
  ): Promise<Result> {
    const key = `${functionName}:${version.version}:${version.revisionId}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      this.retire(functionName, version.version);
      pool = this.#open(functionName, version);
      this.#pools.set(key, pool);
    }
    return pool.invoke(invocation, admission);
  }

  /** Lets go of the environments of a version (of all versions, without one): they have outdated code or settings. */
  retire(functionName: string, version?: string): void {
    const prefix = version === undefined ? `${functionName}:` : `${functionName}:${version}:`;
    for (const [key, pool] of this.#pools) {
      if (!key.startsWith(prefix)) continue;
      this.#pools.delete(key);
      this.#closing.add(pool);
      void pool.close().then(() => this.#closing.delete(pool));
    }
  }

  /** Ends what has been idle for long, and of what is left more than is comfortable: the last of a function last. */
  reap(now: number): void {
    const pools = [...this.#pools.values()];
    for (const pool of pools) pool.reap(now - IDLE_LIMIT);
    let idle = pools.reduce((sum, { idleCount }) => sum + idleCount, 0);
    for (const spared of [1, 0])
      for (const pool of pools)
        while (
          idle > IDLE_COMFORT &&
          pool.idleCount > spared &&
          (pool.idleSince ?? now) < now - CROWDED_IDLE_LIMIT
        ) {
          pool.stopIdle();
          idle--;
        }
  }

  async stop(): Promise<void> {
    clearInterval(this.#reaper);
    await Promise.all([...this.#pools.values(), ...this.#closing].map((pool) => pool.kill()));
    this.#pools.clear();
    this.#api.close();
  }

  #open(functionName: string, version: Version): Pool {
    const { settings, code } = version;
    const logGroup = settings.logging.LogGroup ?? `/aws/lambda/${functionName}`;
    const { partition, region, accountId } = this.#cloud;
    const functionArn = `arn:${partition}:lambda:${region}:${accountId}:function:${functionName}`;
    const launch: Launch = {
      functionName,
      version: version.version,
      settings,
      code,
      ready: () => this.#images.ready(code, functionArn),
      stateDir: this.#cloud.stateDir('lambda'),
      logGroup,
      region: this.#cloud.region,
      endpoint: this.#cloud.endpoint,
      credentials: this.#cloud.credentials(settings.role),
      compileCache: this.#cloud.compileCache ?? join(this.#cloud.stateDir('lambda'), 'compile-cache'),
    };
    const sink = (stream: string, timestamp: number, message: string) =>
      this.#logs.write(() => this.#cloud.role(settings.role), logGroup, stream, timestamp, message);
    return new Pool(launch, sink, this.#shared);
  }
}
