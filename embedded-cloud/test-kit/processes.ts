/** Processes of this machine, as /proc shows them. */
import { readdirSync, readFileSync } from 'node:fs';

/** The ids of processes whose command line has `mark`. */
export function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(mark));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

/** Whether a process runs. Zombies do not: a container's first process may leave them, and a parent may be slow to take note. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export interface Descendant {
  readonly pid: number;
  readonly parent: number;
  /** Its command line. */
  readonly words: readonly string[];
  /** What it is, by its command line: the script that Node runs, else the program. */
  readonly name: string;
}

/** All processes that come from this one, grandchildren among them. */
export function descendantsOf(ancestor: number): Descendant[] {
  const children = Map.groupBy(
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
    (pid) => parentOf(pid),
  );
  const found: Descendant[] = [];
  const walk = (parent: number) => {
    for (const pid of children.get(parent) ?? []) {
      const words = commandLine(pid).split('\0');
      const script = words.find((word) => /\.[cm]?[jt]s$/.test(word)) ?? words[0] ?? '';
      found.push({ pid: Number(pid), parent, words, name: script.slice(script.lastIndexOf('/') + 1) });
      walk(Number(pid));
    }
  };
  walk(ancestor);
  return found;
}

export function parentOf(pid: string | number): number {
  try {
    // The program's name, in parentheses, may have anything in it.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return -1; // it has ended meanwhile
  }
}

let marks = 0;
/** A number of seconds that no other `sleep` of this machine has. */
export const newMark = (): string => `9${process.pid}.${++marks}5`;
