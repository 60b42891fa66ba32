/** Ending a process and everything that it has started. */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Between asking and forcing: a stopped build is gone within a second. */
const GRACE_MS = 400;

/** SIGTERM to all descendants, then SIGKILL to whatever is left of them. Resolves when the child itself is gone. */
export async function endTree(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // The sandbox's own process must outlive its children's last words, so only what it started is asked.
  for (const each of descendants(pid)) signal(each, 'SIGTERM');
  const force = setTimeout(() => {
    for (const each of descendants(pid).reverse()) signal(each, 'SIGKILL');
    // The child leads a group of its own (`detached`); in bubblewrap the namespace dies with it.
    signal(-pid, 'SIGKILL');
    signal(pid, 'SIGKILL');
  }, GRACE_MS);
  await gone;
  clearTimeout(force);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** Children, grandchildren and so on, parents first. */
function descendants(pid: number): number[] {
  const found: number[] = [];
  for (const child of children(pid)) found.push(child, ...descendants(child));
  return found;
}

function children(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
