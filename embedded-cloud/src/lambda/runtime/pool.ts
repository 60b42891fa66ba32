/**
 * The execution environments of one version of a function in one revision: events go to an idle environment, else
 * they wait for the one that becomes free first, while new environments start where there is room.
 */
import { Environment, type Invocation } from './environment.ts';
import { EnvironmentLog, type LogSink } from './environment-log.ts';
import { type Admission, EventLine, type Waiting } from './event-line.ts';
import type { Launch } from './launch.ts';
import { busyFor, type Member, type Shared } from './member.ts';
import { type Outcome, platformError, type Result, spawnFailed } from './outcome.ts';
import type { Place, Tenant } from './room.ts';
import { ScalingPolicy, type Shortage } from './scaling.ts';

/** Lambda gives the init phase 10 seconds; after that it starts over within the function's own timeout. */
const INIT_TIMEOUT = 10_000;

/** How often it is asked whether events that wait are worth another environment: most handlers are done by then. */
const ASK_EVERY_MS = 25;

export class Pool implements Tenant {
  readonly #launch: Launch;
  readonly #shared: Shared;
  readonly #sink: LogSink;
  readonly #members = new Set<Member>();
  /** The one that was used last is used next: the others may then end. */
  readonly #idle: Member[] = [];
  readonly #line: EventLine;
  readonly #scaling = new ScalingPolicy();
  /** Environments that wait for a place, or start. */
  #starting = 0;
  /** When an event was last done, by performance.now(). */
  #lastEnd = 0;
  #asking: NodeJS.Timeout | undefined;
  #closed = false;
  #killed = false;

  constructor(launch: Launch, sink: LogSink, shared: Shared) {
    this.#launch = launch;
    this.#sink = sink;
    this.#shared = shared;
    this.#line = new EventLine(shared.limits);
    shared.room.join(this);
  }

  get wanting(): boolean {
    return this.#line.length > 0;
  }

  get urgent(): boolean {
    return this.#line.urgent;
  }

  get servesFirst(): boolean {
    return this.#line.servesFirst;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get idleSince(): number | undefined {
    return this.#idle[0]?.environment.idleSince;
  }

  /** Ends the environments that have been idle since before `before` (epoch milliseconds). */
  reap(before: number): void {
    while (this.idleSince !== undefined && this.idleSince < before) this.stopIdle();
  }

  stopIdle(): void {
    const longest = this.#idle[0];
    if (longest) this.#discard(longest);
  }

  /** @throws TooManyRequestsException when there is no room, and the event may not wait (any longer) */
  async invoke(invocation: Invocation, admission: Admission): Promise<Result> {
    const result = this.#line.join(invocation, admission);
    this.#dispatch();
    return result;
  }

  /** Idle environments end now, busy ones after their event: the version has got new code or settings. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const member of [...this.#idle]) this.#discard(member);
    await Promise.all([...this.#members].map(({ environment }) => environment.ended));
    this.#shared.room.part(this);
  }

  /** Ends every environment at once, as when the cloud stops. */
  async kill(): Promise<void> {
    this.#closed = true;
    this.#killed = true;
    clearTimeout(this.#asking);
    const members = [...this.#members];
    for (const { environment } of members) environment.kill();
    await Promise.all(members.map(({ environment }) => environment.ended));
  }

  #dispatch(): void {
    while (this.#line.length > 0) {
      const member = this.#idle.pop();
      if (!member) break;
      if (member.environment.dead) continue;
      const next = this.#line.take();
      if (next) void this.#run(member, next);
    }
    if (this.#closed) for (const member of [...this.#idle]) this.#discard(member);
    if (this.#killed) return;
    if (this.#starting >= this.#line.length) return;
    if (this.#members.size + this.#starting === 0) this.#begin();
    else this.#asking ??= setTimeout(() => this.#reconsider(), ASK_EVERY_MS);
  }

  /** Events still wait although there are environments: one more if it is worth it, and a look whether it was enough. */
  #reconsider(): void {
    this.#asking = undefined;
    const now = performance.now();
    const unserved = this.#line.length - this.#starting;
    const shortage: Shortage = {
      waiting: unserved,
      busyFor: busyFor(this.#members, now),
      starting: this.#starting,
      stalledFor: now - Math.max(this.#lastEnd, this.#line.head?.since ?? now),
      machineBusy: this.#shared.processors.busy,
    };
    if (unserved > 0 && this.#scaling.shouldStart(shortage)) this.#begin();
    this.#dispatch();
  }

  #begin(): void {
    this.#starting++;
    void this.#shared.room
      .ask(this)
      .then((place) => place && this.#shared.gate.run(() => this.#grow(place)))
      .finally(() => {
        this.#starting--;
        this.#dispatch();
      });
  }

  async #run(member: Member, { invocation, settle }: Waiting): Promise<void> {
    const began = performance.now();
    member.busySince = began;
    const outcome = await member.environment.invoke(invocation);
    this.#lastEnd = performance.now();
    this.#scaling.recordEvent(this.#lastEnd - began);
    delete member.busySince;
    settle({ ...outcome, logTail: member.log.tail });
    if (member.environment.dead || this.#closed || this.#owes(member)) this.#discard(member);
    else this.#idle.push(member);
    this.#dispatch();
    this.#shared.room.look();
  }

  #owes({ paidOff = 0 }: Member): boolean {
    return this.wanting && this.#shared.room.owes(this, performance.now() >= paidOff);
  }

  /** Starts one environment, unless an older one has become free for the event meanwhile. */
  async #grow(place: Place): Promise<void> {
    const requestId = this.#line.head?.invocation.requestId;
    if (requestId === undefined || this.#killed) {
      place.release();
      return;
    }
    let member = this.#create(place);
    let failure = await this.#start(member, requestId, INIT_TIMEOUT);
    if (failure === 'timeout') {
      // Its place passes on to the next.
      this.#members.delete(member);
      await member.environment.ended;
      member = this.#create(place);
      failure = await this.#start(member, requestId, this.#launch.settings.timeout * 1000);
    }
    if (failure === undefined) {
      this.#idle.push(member);
      return;
    }
    place.leave();
    const message = `Task timed out after ${this.#launch.settings.timeout.toFixed(2)} seconds`;
    const outcome = failure === 'timeout' ? platformError('Sandbox.Timedout', requestId, message) : failure;
    this.#line.take()?.settle({ ...outcome, logTail: member.log.tail });
  }

  #create(place: Place): Member {
    const log = new EnvironmentLog(this.#launch, this.#sink);
    const environment = new Environment(this.#launch, this.#shared.api, log);
    const member: Member = { environment, log, place };
    this.#members.add(member);
    return member;
  }

  async #start(member: Member, requestId: string, timeout: number): Promise<Outcome | 'timeout' | undefined> {
    const { environment, log } = member;
    void environment.ended.then(() => this.#forget(member));
    const began = performance.now();
    member.busySince = began;
    try {
      const failure = await environment.start(requestId, timeout);
      const now = performance.now();
      this.#scaling.recordStart(now - began);
      member.paidOff = now + (now - began);
      return failure;
    } catch (error) {
      log.write(`The execution environment did not start: ${String(error)}`);
      environment.kill();
      // Without a process, nothing else says that it has ended.
      if (environment.pid === undefined) this.#forget(member);
      return spawnFailed(requestId, String(error));
    } finally {
      delete member.busySince;
    }
  }

  #discard(member: Member): void {
    member.place.leave();
    member.environment.kill();
    const index = this.#idle.indexOf(member);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #forget(member: Member): void {
    // Not its own any more, when another environment has got its place.
    if (!this.#members.delete(member)) return;
    const index = this.#idle.indexOf(member);
    if (index >= 0) this.#idle.splice(index, 1);
    member.place.release();
    this.#dispatch();
  }
}
