/** The port of a git host's archives. */

export interface GitHost {
  /**
   * Downloads the tree at a commit as a tar.gz with one wrapping folder.
   * @throws GitHostError
   */
  archive(
    repository: string,
    sha: string,
  ): Promise<{ file: string; sha256: string; sizeBytes: number; remove(): Promise<void> }>;
}

export class GitHostError extends Error {
  override readonly name = 'GitHostError';
  /** Whether a later try may succeed. */
  readonly temporary: boolean;
  /** When the host itself said when that may be. */
  readonly retryAfterSeconds: number | undefined;

  /** @param advice what somebody can do, as a sentence: it becomes the end of the message */
  constructor(
    message: string,
    {
      temporary = false,
      retryAfterSeconds,
      advice,
    }: { temporary?: boolean; retryAfterSeconds?: number; advice?: string } = {},
  ) {
    super(advice === undefined ? message : `${message} ${advice}`);
    this.temporary = temporary;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
