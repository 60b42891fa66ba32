/** Long polls: whoever waits for a message of a queue is told when there may be one. */
const MOST_TIMER_MS = 2 ** 31 - 1;

export class Arrivals {
  readonly #waiting = new Map<string, Set<() => void>>();
  #stopped = false;

  get stopped(): boolean {
    return this.#stopped;
  }

  /** A message was sent, or can be received again. */
  tell(queue: string): void {
    for (const waiter of this.#waiting.get(queue) ?? []) waiter();
  }

  /** Waits for the next word of the queue, but no longer than this, nor than whoever asked is there. */
  async wait(queue: string, milliseconds: number, abandoned?: AbortSignal): Promise<void> {
    if (this.#stopped || abandoned?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = this.#waiting.get(queue) ?? new Set();
    this.#waiting.set(queue, waiters.add(resolve));
    const timer = setTimeout(resolve, Math.min(milliseconds, MOST_TIMER_MS));
    abandoned?.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    waiters.delete(resolve);
    if (waiters.size === 0) this.#waiting.delete(queue);
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#stopped = true;
    for (const queue of [...this.#waiting.keys()]) this.tell(queue);
  }
}
