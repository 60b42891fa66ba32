/** Processor time of a process and all that it has started, as Linux counts it: other work changes it little. */
import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc` counts in: USER_HZ, which is 100 on every Linux (proc(5)). */
const TICK_MS = 10;

interface Counted {
  readonly parent: number;
  readonly ticks: number;
}

/**
 * Milliseconds so far of a process, of its descendants, and of those of them that have ended and were waited for.
 * @returns NaN where there is no /proc
 */
export function processorTime(root: number): number {
  const processes = all();
  if (!processes.has(root)) return Number.NaN;
  const belongs = (pid: number): boolean => {
    if (pid === root) return true;
    const parent = processes.get(pid)?.parent ?? 0;
    return parent > 1 && belongs(parent);
  };
  let ticks = 0;
  for (const [pid, counted] of processes) if (belongs(pid)) ticks += counted.ticks;
  return ticks * TICK_MS;
}

function all(): Map<number, Counted> {
  const found = new Map<number, Counted>();
  for (const name of foldersOf('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const counted = parse(textOf(`/proc/${name}/stat`));
    if (counted !== undefined) found.set(Number(name), counted);
  }
  return found;
}

/** Fields of `/proc/[pid]/stat` after the command, which may hold spaces and parentheses: state is the third of all. */
export function parse(stat: string): Counted | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  if (fields.length < 15) return undefined;
  // utime, stime, and those of children that were waited for: fields 14 to 17.
  return { parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // not Linux
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}
