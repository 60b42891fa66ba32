/** Why an archive was refused, for programs. */
export type ArchiveErrorCode =
  | 'not_an_archive' // not the format that was said, cut off, or damaged
  | 'path_outside' // a name that could leave the folder: absolute, `..`, drive letter, backslash, NUL
  | 'link_outside' // a link that leads out of the tree, or into a cycle
  | 'unsupported_entry' // devices, pipes, encrypted or sparse files, names that are not UTF-8
  | 'collision' // two entries that are one file on some file system, or an entry below a file or link
  | 'too_many_entries'
  | 'too_large' // a file, the tree, a name or the depth is over its limit
  | 'ratio' // a decompression bomb
  | 'several_files'; // one file was to be kept as it is, and several match

/** An archive that cannot be unpacked or packed. `message` is written for people and names the entry. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;
  /** The name of the entry as the archive gives it, when one entry is at fault. */
  readonly entry: string | undefined;

  constructor(code: ArchiveErrorCode, message: string, entry?: string) {
    super(message);
    this.name = 'ArchiveError';
    this.code = code;
    this.entry = entry;
  }
}

/** By which the system, or zlib, names an error: ENOENT, Z_DATA_ERROR; empty when it has no such name. */
export function systemCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Quotes a name from an archive for a message: control characters made visible, cut to a readable length. */
export function quoted(name: string): string {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return `'${JSON.stringify(shown).slice(1, -1)}'`;
}
