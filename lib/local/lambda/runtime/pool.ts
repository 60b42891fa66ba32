/**
 * The execution environments of one version of a function in one revision: events go to an idle environment, else
 * they wait for the one that becomes free first, while new environments start.
 */
import { Environment, type Invocation } from './environment.ts';
import { EnvironmentLog, type LogSink } from './environment-log.ts';
import type { Launch } from './launch.ts';
import { type Outcome, platformError } from './outcome.ts';
import { Patience } from './patience.ts';
import type { RuntimeApi } from './runtime-api.ts';
import type { StartGate } from './start-gate.ts';

/** Lambda gives the init phase 10 seconds; after that it starts over within the function's own timeout. */
const INIT_TIMEOUT = 10_000;

/** How often it is asked whether events that wait are worth another environment: most handlers are done by then. */
const ASK_EVERY_MS = 25;

export interface Result extends Outcome {
  /** Base64 of the last 4 KB of the log. */
  readonly logTail: string;
}

interface Waiting {
  readonly invocation: Invocation;
  readonly settle: (result: Result) => void;
}

interface Member {
  readonly environment: Environment;
  readonly log: EnvironmentLog;
  /** Since when it has had its event, by performance.now(). */
  busySince?: number;
}

export class Pool {
  readonly #launch: Launch;
  readonly #api: RuntimeApi;
  readonly #sink: LogSink;
  readonly #gate: StartGate;
  readonly #members = new Set<Member>();
  readonly #idle: Member[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #patience = new Patience();
  #starting = 0;
  #asking: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(launch: Launch, api: RuntimeApi, sink: LogSink, gate: StartGate) {
    this.#launch = launch;
    this.#api = api;
    this.#sink = sink;
    this.#gate = gate;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  invoke(invocation: Invocation): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<Result>();
    this.#waiting.push({ invocation, settle: resolve });
    this.#dispatch();
    return promise;
  }

  /** Ends the environments that have been idle since before `before` (epoch milliseconds). */
  reap(before: number): void {
    const old = this.#idle.filter(({ environment }) => environment.idleSince < before);
    for (const member of old) this.#discard(member);
  }

  /** Idle environments end now, busy ones after their event: the version has got new code or settings. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const member of [...this.#idle]) this.#discard(member);
    await Promise.all([...this.#members].map(({ environment }) => environment.ended));
  }

  /** Ends every environment at once, as when the cloud stops. */
  async kill(): Promise<void> {
    this.#closed = true;
    const members = [...this.#members];
    for (const { environment } of members) environment.kill();
    await Promise.all(members.map(({ environment }) => environment.ended));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const member = this.#idle.pop();
      if (!member) break;
      if (member.environment.dead) continue;
      const next = this.#waiting.shift();
      if (next) void this.#run(member, next);
    }
    if (this.#starting >= this.#waiting.length) return;
    if (this.#members.size === 0) this.#begin();
    else this.#asking ??= setTimeout(() => this.#reconsider(), ASK_EVERY_MS);
  }

  /** Events still wait although there are environments: one more if it is worth it, and a look whether it was enough. */
  #reconsider(): void {
    this.#asking = undefined;
    const now = performance.now();
    const busyFor = [...this.#members].flatMap(({ busySince }) =>
      busySince === undefined ? [] : [now - busySince],
    );
    const unserved = this.#waiting.length - this.#starting;
    if (unserved > 0 && this.#patience.exhausted(unserved, busyFor)) this.#begin();
    this.#dispatch();
  }

  #begin(): void {
    this.#starting++;
    void this.#gate.run(() => this.#grow()).finally(() => this.#dispatch());
  }

  async #run(member: Member, { invocation, settle }: Waiting): Promise<void> {
    member.busySince = performance.now();
    const outcome = await member.environment.invoke(invocation);
    this.#patience.handled(performance.now() - member.busySince);
    delete member.busySince;
    settle({ ...outcome, logTail: member.log.tail });
    if (member.environment.dead || this.#closed) this.#discard(member);
    else this.#idle.push(member);
    this.#dispatch();
  }

  /** Starts one environment, unless an older one has become free for the event meanwhile. */
  async #grow(): Promise<void> {
    const first = this.#waiting[0];
    if (!first) {
      this.#starting--;
      return;
    }
    const { requestId } = first.invocation;
    let member = this.#create();
    let failure = await this.#start(member, requestId, INIT_TIMEOUT);
    if (failure === 'timeout') {
      member = this.#create();
      failure = await this.#start(member, requestId, this.#launch.settings.timeout * 1000);
    }
    this.#starting--;
    if (failure === undefined) {
      this.#idle.push(member);
      return;
    }
    const failed = this.#waiting.shift();
    const message = `Task timed out after ${this.#launch.settings.timeout.toFixed(2)} seconds`;
    const outcome = failure === 'timeout' ? platformError('Sandbox.Timedout', requestId, message) : failure;
    failed?.settle({ ...outcome, logTail: member.log.tail });
  }

  #create(): Member {
    const log = new EnvironmentLog(this.#launch, this.#sink);
    const member: Member = { environment: new Environment(this.#launch, this.#api, log), log };
    this.#members.add(member);
    return member;
  }

  async #start(
    { environment, log }: Member,
    requestId: string,
    timeout: number,
  ): Promise<Outcome | 'timeout' | undefined> {
    void environment.ended.then(() => this.#forget(environment));
    const began = performance.now();
    try {
      const failure = await environment.start(requestId, timeout);
      this.#patience.started(performance.now() - began);
      return failure;
    } catch (error) {
      log.write(`The execution environment did not start: ${String(error)}`);
      environment.kill();
      return platformError('Sandbox.SpawnFailed', requestId, String(error));
    }
  }

  #discard(member: Member): void {
    member.environment.kill();
    const index = this.#idle.indexOf(member);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #forget(environment: Environment): void {
    for (const member of this.#members) {
      if (member.environment !== environment) continue;
      this.#members.delete(member);
      const index = this.#idle.indexOf(member);
      if (index >= 0) this.#idle.splice(index, 1);
    }
  }
}
