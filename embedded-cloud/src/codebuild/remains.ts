/** What machines of an earlier start have left, when it was killed: processes, control groups, folders. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endAll, groupedProcesses, markedProcesses } from './leftovers.mjs';
import { removeGroups } from './limits.ts';
import { userNamespace } from './user-namespace.ts';

/** A file in each machine's folder: its control groups, one a line. */
export const GROUPS_FILE = 'groups';

/** @param folder has the folders of machines, each named by the machine's mark */
export async function removeRemains(folder: string): Promise<void> {
  const marks = await readdir(folder).catch(() => []);
  if (marks.length === 0) return;
  const groups = (await Promise.all(marks.map((mark) => groupsOf(join(folder, mark))))).flat();
  await endAll(() => [...markedProcesses(marks), ...groupedProcesses(groups)]);
  await removeGroups(groups);
  await Promise.all(marks.map((mark) => removeFolder(join(folder, mark))));
}

async function groupsOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, GROUPS_FILE), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

/**
 * A build or a replica may have taken its own permissions from a folder. Images hold files of users that exist in their namespace only: root of the namespace may remove them.
 * @throws Error when it cannot be removed
 */
export async function removeFolder(folder: string): Promise<void> {
  const force = () => rm(folder, { recursive: true, force: true });
  const failed = await force()
    .catch(() => open(folder).then(force))
    .catch((error: unknown) => error);
  const namespace = failed === undefined ? undefined : await userNamespace();
  if (failed === undefined) return;
  if (namespace === undefined) throw failed;
  const program = ['--user=/proc/self/fd/3', '--setuid', '0', '--setgid', '0', '--', 'rm', '-rf', folder];
  const child = spawn('nsenter', program, { stdio: ['ignore', 'ignore', 'ignore', namespace.descriptor] });
  await once(child, 'close');
  await force();
}

/** Lets its owner remove what is in the folders below, as far as they are the owner's; links are not followed. */
async function open(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => undefined);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await open(join(folder, entry.name));
}
