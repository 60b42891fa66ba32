/**
 * Lets only so many execution environments start at once. A burst of events would otherwise start a process for each,
 * all slow because all at once, where a few that become warm serve the burst sooner and in less memory. It limits
 * starts and not running environments, so functions that wait for each other cannot block each other.
 */
import { availableParallelism } from 'node:os';

export class StartGate {
  readonly #limit: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** @param limit starts at once; a start is busy on about one core */
  constructor(limit = availableParallelism() * 2) {
    this.#limit = limit;
  }

  async run(start: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
    try {
      await start();
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }
}
