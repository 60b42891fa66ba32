/** An archive that is refused. */
import type { ArchiveErrorCode, Limits } from '../../../lib/archive/index.ts';

export interface Case {
  readonly claim: string;
  readonly bytes: Buffer;
  readonly code: ArchiveErrorCode;
  readonly limits?: Partial<Limits>;
  readonly strip?: number;
}

/** Names that some system would read as a place outside. */
export const BAD_NAMES: [string, string][] = [
  ['an absolute name', '/etc/passwd'],
  ['a name of many slashes', '//etc/passwd'],
  ['a name that begins with ..', '../outside.txt'],
  ['a name with .. inside', 'a/../../outside.txt'],
  ['a name that ends in ..', 'a/..'],
  ['a name that is ..', '..'],
  ['.. after ./', './../outside.txt'],
  ['a drive letter', 'C:/windows/system.ini'],
  ['a drive letter without a slash', 'c:outside.txt'],
  ['a backslash way up', '..\\outside.txt'],
  ['a backslash inside', 'a\\b'],
  ['a UNC path', '\\\\server\\share'],
];
