/** Refuses a start on state that is not whole, and puts back what a backup has. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backupsOf } from './backup.ts';
import { type ExpectedFile, expectedFiles, folderOf, problemOf } from './expected.ts';
import { lockState } from './lock.ts';

interface Backup {
  readonly path: string;
  readonly at: Date;
}

interface Damage {
  readonly file: ExpectedFile;
  readonly problem: string;
  /** The newest good one. */
  readonly backup: Backup | undefined;
}

/** State that is missing or damaged. The message names each file, what it holds, and what can be done. */
export class StateError extends Error {
  /** Whether `restoreState` can put everything back. */
  readonly restorable: boolean;

  constructor(damages: readonly Damage[]) {
    super(damages.map(described).join('\n\n'));
    this.name = 'StateError';
    this.restorable = damages.every(({ backup }) => backup !== undefined);
  }
}

function described({ file, problem, backup }: Damage): string {
  const restore = backup
    ? `Restore it from its backup of ${backup.at.toISOString()} (${backup.path})`
    : `There is no backup of it here. Put back your own copy of ${file.path}`;
  return (
    `The state file ${file.path} ${problem}. It holds ${file.holds}. Nothing was started or changed.\n` +
    `${restore}, or remove the folder ${folderOf(file)} to begin without what it holds.`
  );
}

/** Looks at every file that the state folder must have. @throws StateError when one is missing or damaged */
export function checkState(stateDir: string): void {
  const found = damages(stateDir);
  if (found.length > 0) throw new StateError(found);
}

/**
 * Puts the newest good backup in the place of every file that is missing or damaged. What was there stays beside it,
 * with `.damaged` and the time in its name. Files that are whole are left alone.
 * @returns what was put back
 * @throws StateError when a file has no backup; nothing is changed then
 */
export function restoreState(stateDir: string): { path: string; problem: string; at: Date }[] {
  const unlock = lockState(stateDir);
  try {
    const found = damages(stateDir);
    if (found.some(({ backup }) => backup === undefined)) throw new StateError(found);
    return found.flatMap(({ file: { path }, problem, backup }) => {
      if (backup === undefined) return [];
      putBack(path, backup);
      return [{ path, problem, at: backup.at }];
    });
  } finally {
    unlock();
  }
}

function putBack(path: string, backup: Backup): void {
  // The logs belong to the damaged file, and would be played into the restored one.
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.damaged-${Date.now()}${suffix}`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  copyFileSync(backup.path, `${path}.new`);
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

function damages(stateDir: string): Damage[] {
  return expectedFiles(stateDir).flatMap((file) => {
    const problem = problemOf(file);
    return problem === undefined ? [] : [{ file, problem, backup: newestBackup(file) }];
  });
}

function newestBackup(file: ExpectedFile): Backup | undefined {
  const { recent, daily } = backupsOf(file.path);
  const path = [recent, daily].find(
    (candidate) => existsSync(candidate) && problemOf({ ...file, path: candidate }, true) === undefined,
  );
  return path === undefined ? undefined : { path, at: statSync(path).mtime };
}
