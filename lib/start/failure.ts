/** Why a start did not come to its end, and what to do: the reasons that a user can do something about. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { NoRoomError, PortInUseError, SettingError, StateError, StateInUseError } from 'embedded-cloud';
import { isSystemError, messageOf } from '../cli/failure/system-error.ts';
import { startWith } from './called-as.ts';
import { ownerOf } from './port-owner.ts';
import { type RunningStart, runningOn } from './running.ts';

export class StartFailure extends Error {
  readonly next: string;
  readonly exitCode: number;
  constructor(message: string, next: string, exitCode = 1, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartFailure';
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** @throws StartFailure when the folders that a start writes to cannot be written */
export function checkFolders(state: string): void {
  check(state, 'The state cannot be saved.', `Specify a writable folder: ${startWith('--state <folder>')}`);
  check(tmpdir(), 'The temporary folder cannot be used.', 'Set TMPDIR to a writable folder.');
}

function check(folder: string, about: string, next: string): void {
  try {
    if (folder !== tmpdir()) mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new StartFailure(`${about} ${messageOf(error)}.`, next, 1, error);
  }
}

/** Whatever was thrown, as a failure. @param state the folder of the start */
export function failureOf(error: unknown, state: string): StartFailure {
  if (error instanceof StartFailure) return error;
  if (error instanceof StateInUseError) return alreadyRunning(state, runningOn(state));
  if (error instanceof StateError && error.restorable)
    return new StartFailure(error.message, `${startWith('--restore')} restores the backups and starts`);
  if (error instanceof PortInUseError) {
    const owner = ownerOf(error.port);
    const who = owner === undefined ? 'another program' : `process ${owner.pid} (${owner.command})`;
    return new StartFailure(
      `Port ${error.port} is in use by ${who}.`,
      `Stop it, specify another port, or omit --port to use a free one.`,
    );
  }
  if (error instanceof SettingError)
    return new StartFailure(error.message, `Correct or unset ${error.variable}, then start again.`, 2);
  if (error instanceof NoRoomError)
    return new StartFailure(error.message, 'Free some space, then start again.', 1, error);
  const full = error instanceof Error && /ENOSPC|database or disk is full/.test(String(error.message));
  if (full)
    return new StartFailure(
      `The disk is full: ${error.message}`,
      'Free some space, then start again.',
      1,
      error,
    );
  const said = isSystemError(error)
    ? `${messageOf(error)}.`
    : error instanceof Error
      ? error.message
      : String(error);
  return new StartFailure(said, `${startWith('--verbose')} shows the log of the embedded cloud`, 1, error);
}

function alreadyRunning(state: string, { pid, url }: RunningStart): StartFailure {
  const where = url === undefined ? '' : `: ${url}`;
  const who = pid === undefined ? '' : ` (process ${pid})`;
  const stop = pid === undefined ? 'stop it' : `stop it (kill ${pid})`;
  return new StartFailure(
    `Staithe already runs on ${state}${where}${who}.`,
    `Use it, ${stop}, or start another one with a separate state: ${startWith('--state <folder>')}`,
  );
}
