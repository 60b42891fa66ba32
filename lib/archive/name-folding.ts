/** Which names a file system takes for one file. Linux keeps names as they are; APFS and NTFS fold some together. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiveError, quoted } from './error.ts';

export interface NameFolding {
  /** `README` and `readme` are one. */
  readonly letterCase: boolean;
  /** `é` as one character and as two (e and an accent) are one: APFS, also where it minds the case. */
  readonly unicodeForm: boolean;
}

/** Asks the file system of a folder, with a file that is gone afterwards. @throws errors of the system */
export function foldingOf(folder: string): NameFolding {
  const probe = mkdtempSync(join(folder, '.staithe-'));
  try {
    writeFileSync(join(probe, 'probe-\u00e9'), '');
    return {
      letterCase: existsSync(join(probe, 'PROBE-\u00e9')),
      unicodeForm: existsSync(join(probe, 'probe-e\u0301')),
    };
  } finally {
    rmSync(probe, { recursive: true });
  }
}

/**
 * What two names have in common when the file system takes them for one file. Upper case comes last, as it folds ß with
 * ss and the Greek sigmas.
 */
export function keyOfNames({ letterCase, unicodeForm }: NameFolding): (path: string) => string {
  const folded = (path: string): string => (letterCase ? path.toLowerCase().toUpperCase() : path);
  return unicodeForm ? (path) => folded(path.normalize('NFD')).normalize('NFC') : folded;
}

/** @param names of all files @throws ArchiveError collision, naming two that the file system cannot hold side by side */
export function refuseCollisions(names: Iterable<string>, folding: NameFolding): void {
  const keyOf = keyOfNames(folding);
  const known = new Map<string, string>();
  for (const name of names) {
    for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
      const path = name.slice(0, end);
      const other = known.get(keyOf(path));
      if (other === path) break;
      if (other !== undefined) throw collision(path, other);
      known.set(keyOf(path), path);
    }
  }
}

/** Two names for one file, on a file system that cannot hold both. */
export function collision(path: string, other: string): ArchiveError {
  const message = `${quoted(path)} and ${quoted(other)} are one name on the file system that builds are unpacked on: it does not tell ${
    path.toLowerCase() === other.toLowerCase() ? 'upper from lower case' : 'these letters apart'
  }. Rename one of them.`;
  return new ArchiveError('collision', message, path);
}
