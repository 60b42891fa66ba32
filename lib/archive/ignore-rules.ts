import ignore from 'ignore';

/**
 * Ignore files of a tree by git's rules (gitignore(5)). The library knows one file; the patterns of a file below the
 * top are written as the same patterns from the top, so that its own rules of order and of folders hold for all.
 */
export class IgnoreRules {
  // git takes letters as they are, unless it is told otherwise.
  readonly #rules = ignore({ ignorecase: false });

  /**
   * Adds a file's patterns. Those of a folder come before those of folders below it.
   * @param folder of the file, from the top; empty for the top itself
   */
  add(folder: string, text: string): this {
    // A byte order mark at the start, and CR before a line's end, are no part of a pattern (git: dir.c).
    const lines = text.replace(/^\u{feff}/u, '').split(/\r?\n/);
    this.#rules.add(folder === '' ? lines : lines.map((line) => below(folder, line)));
    return this;
  }

  /** @param path from the top, of a folder with a slash at its end. A path below an ignored folder is ignored. */
  ignores(path: string): boolean {
    return this.#rules.ignores(path);
  }
}

/** The pattern of a line as it is written at the top; comments and empty lines as they are. */
function below(folder: string, line: string): string {
  if (line.startsWith('#') || line.trim() === '') return '';
  const negated = line.startsWith('!');
  const pattern = negated ? line.slice(1) : line;
  // A slash anywhere but at the end binds a pattern to its folder; trailing blanks are none of the pattern.
  const isBound = /\/./.test(pattern.replace(/(?<!\\) +$/, ''));
  const prefix = folder.replace(/[\\*?[\]!# ]/g, '\\$&');
  return `${negated ? '!' : ''}${prefix}/${isBound ? pattern.replace(/^\//, '') : `**/${pattern}`}`;
}
