/** Ending the processes of a build, or of another program that users bring: its first one, and whatever it has started. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { endAll, signal } from './leftovers.mjs';

/** Between asking and forcing: a stopped build is gone within a second. */
const GRACE_MS = 400;
const LOOK_MS = 10;
/** Somebody outside of the build may hold its output open. */
const LAST_OUTPUT_MS = 1_000;

/**
 * SIGTERM to all descendants, then SIGKILL to whatever is left. Resolves when all that can be found is gone.
 * @param others lists what belongs to the build, wherever it stands in the tree; a sandbox's namespace needs none
 * @param graceMs between asking and forcing
 */
export async function endTree(
  child: ChildProcess,
  others: () => number[] = () => [],
  graceMs: number = GRACE_MS,
): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const closed = child.stdout?.closed === false ? once(child.stdout, 'close') : Promise.resolve();
  if (isRunning(child)) {
    // The sandbox's own process must outlive its children's last words, so only what it started is asked.
    for (const each of new Set([...descendants(pid), ...others()])) if (each !== pid) signal(each, 'SIGTERM');
    await untilGone(child, others, graceMs);
    for (const each of descendants(pid).reverse()) signal(each, 'SIGKILL');
    // The child leads a group of its own (`detached`); in bubblewrap the namespace dies with it.
    signal(-pid, 'SIGKILL');
  }
  await endAll(others);
  const outputTimer = setTimeout(() => child.stdout?.destroy(), LAST_OUTPUT_MS);
  await closed;
  clearTimeout(outputTimer);
}

async function untilGone(child: ChildProcess, others: () => number[], graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline && (isRunning(child) || others().length > 0)) await delay(LOOK_MS);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Children, grandchildren and so on, parents first. */
export function descendants(pid: number): number[] {
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
