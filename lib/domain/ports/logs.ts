/** The port of a backend's log streams. */

export interface StoredLine {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogStore {
  /**
   * Lines of a stream after a cursor, oldest first. A stream that does not exist yet has no lines.
   * @param cursor what an earlier call gave; absent from the start
   * @throws StaitheError invalid_cursor when it is none, or too old
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
   * @throws StaitheError invalid_cursor
   */
  readBack(
    stream: string,
    options: { before?: string; limit: number },
  ): Promise<{ lines: readonly StoredLine[]; before?: string; cursor?: string }>;
}
