import { ArchiveError, quoted } from './error.ts';
import { type Limits, NAME_BYTES } from './limits.ts';

/**
 * Turns the name of an archive's entry into path components inside the tree. Refused are all names that some system
 * reads as a way out: absolute ones, `..`, drive letters, backslashes, NUL.
 *
 * @param strip leading components to drop, after `.` was dropped (as `tar --strip-components`)
 * @returns the components; none when the entry is the tree's own root or is stripped away
 * @throws ArchiveError path_outside, too_large
 */
export function componentsOf(name: string, strip: number, limits: Limits): string[] {
  const refuse = (why: string): never => {
    throw new ArchiveError('path_outside', `The name ${quoted(name)} ${why}.`, name);
  };
  if (name === '') refuse('is empty');
  if (name.includes('\0')) refuse('holds a NUL character');
  if (name.includes('\\')) refuse('holds a backslash, which some systems read as a folder separator');
  if (name.startsWith('/')) refuse('is absolute');
  if (/^[A-Za-z]:/.test(name)) refuse('begins with a drive letter');
  const components = name.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) refuse("holds '..'");
  const kept = components.slice(strip);
  if (
    kept.length > limits.depth ||
    Buffer.byteLength(name) > limits.pathBytes ||
    kept.some((component) => Buffer.byteLength(component) > NAME_BYTES)
  )
    throw new ArchiveError(
      'too_large',
      `The name ${quoted(name)} is too long: ${limits.pathBytes} bytes, ${limits.depth} levels and ${NAME_BYTES} bytes a level are allowed.`,
      name,
    );
  return kept;
}

/**
 * What two names have in common when a file system that ignores case or Unicode form (APFS, NTFS) takes them for one
 * file. Upper case comes last, as it folds ß with ss and the Greek sigmas.
 */
export function collisionKey(path: string): string {
  return path.normalize('NFD').toLowerCase().toUpperCase().normalize('NFC');
}
