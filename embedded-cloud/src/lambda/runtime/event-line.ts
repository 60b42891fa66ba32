/** The events of one version of a function that wait for an execution environment. */
import type { Invocation } from './environment.ts';
import type { Limits } from './limits.ts';
import { abandoned, throttled } from './limits.ts';
import type { Result } from './outcome.ts';

/**
 * How an event may wait. `ordinary`: its caller waits for the answer, and is told at once when the line is full.
 * `first`: the same, before the others. `patient`: its caller keeps it and would only come again (a queue, a stream, a
 * workflow), so that it is never turned away.
 */
export type Admission = 'ordinary' | 'first' | 'patient';

export interface Waiting {
  readonly invocation: Invocation;
  readonly admission: Admission;
  readonly settle: (result: Result) => void;
  /** When it came, by performance.now(). */
  readonly since: number;
  /** Stops waiting for reasons to leave the line. */
  readonly left?: () => void;
}

export class EventLine {
  readonly #limits: Limits;
  readonly #first: Waiting[] = [];
  readonly #others: Waiting[] = [];
  /** Those whose callers wait for the answer. */
  #limited = 0;
  #servesFirst = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#first.length + this.#others.length;
  }

  /** Whether one of them goes before the events of other functions. */
  get urgent(): boolean {
    return this.#first.length > 0;
  }

  /** Whether there ever were such. */
  get servesFirst(): boolean {
    return this.#servesFirst;
  }

  /** The one that is next. */
  get head(): Waiting | undefined {
    return this.#first[0] ?? this.#others[0];
  }

  /**
   * @throws TooManyRequestsException when the line is full, or when it was not this event's turn for too long; CallerLeft
   * when its caller did before it was its turn
   */
  join(invocation: Invocation, admission: Admission): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const since = performance.now();
    if (admission === 'patient') {
      this.#others.push({ invocation, admission, settle: resolve, since });
      return promise;
    }
    const { waiting: most, waitTimeoutMs } = this.#limits;
    if (this.#limited >= (admission === 'first' ? 2 * most : most))
      throw throttled('ConcurrentInvocationLimitExceeded');
    this.#servesFirst ||= admission === 'first';
    if (invocation.abandoned?.aborted) throw abandoned();
    const rejectWith = (reason: Error) => {
      this.#leave(entry);
      reject(reason);
    };
    const timer = setTimeout(() => rejectWith(throttled('ConcurrentInvocationLimitExceeded')), waitTimeoutMs);
    timer.unref();
    const callerLeft = () => rejectWith(abandoned());
    invocation.abandoned?.addEventListener('abort', callerLeft, { once: true });
    const left = () => {
      clearTimeout(timer);
      invocation.abandoned?.removeEventListener('abort', callerLeft);
    };
    const entry: Waiting = { invocation, admission, settle: resolve, since, left };
    (admission === 'first' ? this.#first : this.#others).push(entry);
    this.#limited++;
    return promise;
  }

  take(): Waiting | undefined {
    const next = this.head;
    if (next) this.#leave(next);
    return next;
  }

  #leave(entry: Waiting): void {
    const line = entry.admission === 'first' ? this.#first : this.#others;
    line.splice(line.indexOf(entry), 1);
    entry.left?.();
    if (entry.admission !== 'patient') this.#limited--;
  }
}
