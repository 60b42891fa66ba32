/** The port of a git host's archive API. */

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
  constructor(message: string, temporary: boolean) {
    super(message);
    this.temporary = temporary;
  }
}
