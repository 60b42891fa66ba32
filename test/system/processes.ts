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

let marks = 0;
/** A number of seconds that no other `sleep` of this machine has. */
export const newMark = (): string => `9${process.pid}.${++marks}5`;
