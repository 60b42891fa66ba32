/** One start at a time on a state folder, and what is known of the one that has it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockState } from 'embedded-cloud';
import { isSystemError } from '../cli/failure/system-error.ts';
import { readConnection } from './connection.ts';

const PID = 'server.pid';

export interface RunningStart {
  readonly pid?: number | undefined;
  readonly url?: string | undefined;
}

/**
 * Takes the folder before anything in it is changed: synthesizing would replace what a running server runs.
 * @returns lets go of it
 * @throws StateInUseError
 */
export function takeState(state: string): () => void {
  const release = lockState(state);
  try {
    writeFileSync(join(state, PID), `${process.pid}\n`);
  } catch (error) {
    // It is for a message only. The cloud frees what it can on a full disk, and says so where that is too little.
    if (!(isSystemError(error) && error.code === 'ENOSPC')) throw error;
  }
  return () => {
    rmSync(join(state, PID), { force: true });
    release();
  };
}

/** Of the start that has the folder, as far as it has come. */
export function runningOn(state: string): RunningStart {
  return { pid: pidIn(join(state, PID)), url: readConnection(join(state, 'connection.json'))?.url };
}

function pidIn(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}
