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
  const flaw = flawOfName(name);
  if (flaw !== undefined) throw new ArchiveError('path_outside', `The name ${quoted(name)} ${flaw}.`, name);
  const kept = partsOf(name).slice(strip);
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

const partsOf = (name: string): string[] =>
  name.split('/').filter((component) => component !== '' && component !== '.');

/** Why a name is none that every system takes for the same place inside a tree; undefined when it is. */
export function flawOfName(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'holds a NUL character';
  if (name.includes('\\')) return 'holds a backslash, which some systems read as a folder separator';
  if (name.startsWith('/')) return 'is absolute';
  if (/^[A-Za-z]:/.test(name)) return 'begins with a drive letter';
  return partsOf(name).includes('..') ? "holds '..'" : undefined;
}
