/** Small files of settings: one JSON object. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { usageFailure } from '../failure.ts';
import { atPath, isSystemError } from '../system-error.ts';

/** Reads the object; undefined when there is no such file. @throws Failure usage (unreadable, not a JSON object) */
export function readObject(path: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw usageFailure(`${path} cannot be read (${String(code)}).`, 'Make it readable, or remove it.');
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw usageFailure(`${path} is not a JSON object.`, 'Remove it, and start the server or log in again.');
}

/**
 * Writes the object, readable by the user alone. Beside the file first, and renamed: a crash or a full disk leaves the old
 * file whole, and nothing else.
 * @throws a system error with a path
 */
export function writeObject(path: string, object: Readonly<Record<string, unknown>>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  try {
    rmSync(fresh, { force: true });
    writeFileSync(fresh, `${JSON.stringify(object, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw isSystemError(error) ? atPath(error, path) : error;
  }
}

/** A text of the object; undefined when it is absent, empty or something else. */
export function textIn(object: Record<string, unknown>, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
