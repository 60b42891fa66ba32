/**
 * What can be cancelled as one: an execution, a branch, a task. Cancelling a scope cancels all below it. (An
 * `AbortSignal` would do, but one per branch and task is slow to chain and warns at its eleventh listener.)
 */

/** `aborted`: the work ended and its traces are recorded. `stopping`: the cloud stops; the work goes on at its next start. */
export type CancelReason = 'aborted' | 'stopping';

/** Thrown where work stops because its scope was cancelled. */
export class Cancelled extends Error {
  readonly reason: CancelReason;

  constructor(reason: CancelReason) {
    super(`cancelled: ${reason}`);
    this.name = 'Cancelled';
    this.reason = reason;
  }
}

export class Scope {
  #reason: CancelReason | undefined;
  readonly #listeners = new Set<(reason: CancelReason) => void>();

  get cancelled(): CancelReason | undefined {
    return this.#reason;
  }

  cancel(reason: CancelReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of [...this.#listeners]) listener(reason);
    this.#listeners.clear();
  }

  /** Calls `listener` once when the scope is cancelled (at once if it is); the answer unsubscribes it. */
  onCancel(listener: (reason: CancelReason) => void): () => void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A scope below this one. `release` it when its work is done. */
  child(): Scope & { release(): void } {
    const scope = new Scope();
    return Object.assign(scope, { release: this.onCancel((reason) => scope.cancel(reason)) });
  }

  /** @throws Cancelled */
  check(): void {
    if (this.#reason !== undefined) throw new Cancelled(this.#reason);
  }
}
