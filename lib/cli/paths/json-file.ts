/** Settings files: one JSON object each. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { usageFailure } from '../failure/failure.ts';
import { atPath, isSystemError } from '../failure/system-error.ts';

/** Reads the object; undefined if the file does not exist. @throws Failure usage: not readable, or not a JSON object */
export function readObject(path: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw usageFailure(`Cannot read ${path} (${String(code)}).`, 'Make it readable or delete it.');
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Reported below.
  }
  throw usageFailure(`${path} is not a JSON object.`, 'Delete it, then start the server or log in again.');
}

/**
 * Writes the object, readable only by the user: to a temporary file that is then renamed, so that a crash or a full disk
 * leaves the old file intact.
 * @throws a system error with a path
 */
export function writeObject(path: string, object: Readonly<Record<string, unknown>>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  try {
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${JSON.stringify(object, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw isSystemError(error) ? atPath(error, path) : error;
  }
}

/** A string of the object; undefined if it is absent, empty or not a string. */
export function textIn(object: Record<string, unknown>, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
