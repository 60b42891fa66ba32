/** The port of a backend's log streams. */

export interface StoredLine {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogStore {
  /**
   * How often one reader may ask it in a second while it waits. The store has one limit for all readers of the account, so
   * each takes a part of it.
   */
  readonly readsPerSecond: number;

  /**
   * Lines of a stream after a cursor, oldest first. A stream that does not exist yet has no lines.
   * @param cursor what an earlier call gave; absent from the start
   * @throws StaitheError invalid_cursor when it is none, or too old | at_limit when it is asked too often
   */
  read(
    stream: string,
    options: { cursor?: string; limit: number },
  ): Promise<{ lines: readonly StoredLine[]; cursor?: string }>;

  /**
   * Lines of a stream from its end back, oldest first within the page.
   * @param before what an earlier call gave; absent from the end
   * @returns `before` for the lines further back, absent at the stream's beginning; `cursor` to `read` what comes after
   * this page
   * @throws StaitheError invalid_cursor | at_limit
   */
  readBack(
    stream: string,
    options: { before?: string; limit: number },
  ): Promise<{ lines: readonly StoredLine[]; before?: string; cursor?: string }>;
}
