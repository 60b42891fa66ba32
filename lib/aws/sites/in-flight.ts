/** Uploads that are under way, bounded in number and in bytes. */

/** Of S3's 3,500 PUTs a second and prefix, and of 30 ms each, 32 at once make about 1,000 a second. */
const MOST = 32;
/** What a function of 512 MB has room for, beside the archive's buffers. */
const MOST_BYTES = 128 * 2 ** 20;

export class InFlight {
  readonly #running = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { error: unknown } | undefined;

  /** Begins the work when there is room. @throws the error of any work before it */
  async add(bytes: number, work: () => Promise<void>): Promise<void> {
    while (this.#running.size > 0 && (this.#running.size >= MOST || this.#bytes + bytes > MOST_BYTES))
      await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#bytes += bytes;
    const running: Promise<void> = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#bytes -= bytes;
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  /** Waits for all of it. @throws the error of any */
  async finish(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
