/** The port of the logs that deployed functions write. */

/** What a function printed at once: a line, or several of one error. */
export interface FunctionEvent {
  /** Unique within the log. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
  /** The version that printed it: a number, or `$LATEST`. */
  readonly version: string;
  /** What has printed it: events of one process have one stream, and come in their order. */
  readonly stream: string;
}

/** What the processes printed that began on one day to run one version. */
export interface StreamFilter {
  /** Of UTC, as `2026-11-21`. */
  readonly day: string;
  readonly version: string;
}

export interface ReadPage {
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** What an earlier call with the same `from` and `of` gave. */
  readonly token?: string | undefined;
  readonly limit: number;
  /** Only this; the rest of the log is not searched. */
  readonly of?: StreamFilter | undefined;
}

export interface FunctionLogs {
  /** How often one reader may ask in a second while it waits: its part of the account's quota. */
  readonly readsPerSecond: number;

  /** For how many milliseconds after they were printed events may still arrive. */
  readonly lateByMs: number;

  /**
   * The project that the function belongs to by its tag.
   * @returns null when it has no tag, undefined when there is no such function
   * @throws StaitheError at_limit | log_unreadable
   */
  ownerOf(functionName: string): Promise<string | null | undefined>;

  /**
   * Events in order of time. A function that has printed nothing has none.
   * @returns `token` when there may be more; a page may be empty all the same
   * @throws StaitheError at_limit when it is asked too often | invalid_cursor when the token is none, or too old |
   * log_unreadable when the installation may not read this log
   */
  read(
    functionName: string,
    options: ReadPage,
  ): Promise<{ readonly events: readonly FunctionEvent[]; readonly token?: string | undefined }>;
}
