/**
 * How many events may be handled at the same time
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html).
 */
import type { FunctionRecord } from './records.ts';
import { throttled } from './runtime/limits.ts';

/** What reservations must leave to the functions without one. */
export const UNRESERVED_MINIMUM = 100;

export class Concurrency {
  readonly #running = new Map<string, number>();
  readonly #functions: () => readonly FunctionRecord[];
  readonly #account: number;

  /** @param account how many may be handled at once in the account */
  constructor(functions: () => readonly FunctionRecord[], account: number) {
    this.#account = account;
    this.#functions = functions;
  }

  /**
   * Counts `work` against the function's reservation, or against what reservations leave of the account's limit.
   * @throws TooManyRequestsException when there is no room
   */
  async run<T>(record: FunctionRecord, work: () => Promise<T>): Promise<T> {
    this.#admit(record);
    const { name } = record;
    this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.#running.set(name, (this.#running.get(name) ?? 1) - 1);
    }
  }

  #admit(record: FunctionRecord): void {
    const reserved = record.reservedConcurrency;
    if (reserved !== undefined) {
      if ((this.#running.get(record.name) ?? 0) >= reserved)
        throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
      return;
    }
    let total = 0;
    for (const count of this.#running.values()) total += count;
    if (total < Math.min(UNRESERVED_MINIMUM, this.#account)) return;
    let shared = this.#account;
    let used = 0;
    for (const other of this.#functions()) {
      if (other.reservedConcurrency === undefined) used += this.#running.get(other.name) ?? 0;
      else shared -= other.reservedConcurrency;
    }
    if (used >= shared) throw throttled('ConcurrentInvocationLimitExceeded');
  }
}
