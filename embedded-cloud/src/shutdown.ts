/** What has to be undone at the end: in the opposite order, all of it even when a part fails, and once. */
export class Shutdown {
  readonly #steps: (() => Promise<void> | void)[] = [];
  readonly #log: (message: string) => void;
  #running: Promise<void> | undefined;

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#undo();
    return this.#running;
  }

  async #undo(): Promise<void> {
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch (error) {
        this.#log(
          `while stopping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    }
  }
}
