/**
 * Which files a state folder must have. A service that has made a file marks it, by a small file beside it; at the next
 * start every marked file is looked at before anything is opened. So a file that was lost, emptied or damaged stops the
 * start with its name, instead of being made anew in silence. The mark goes with the service's folder: who removes the
 * whole folder wants to begin anew.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const MARK = '.expected';
const markShape = z.object({ holds: z.string(), sha256: z.string().optional() });

/** SQLite's `quick_check` reads 1 MB in a millisecond; of larger files it checks the header and the length only. */
const CHECKED_WHOLE = 64 * 1024 * 1024;

/** An engine that is just being killed may still have it locked. */
const LOCKED_MS = 5_000;

/** A file or folder that a service cannot do without. */
export interface ExpectedFile {
  readonly path: string;
  /** What is lost with it: "the items of all tables". */
  readonly holds: string;
  /** Of a file that never changes. */
  readonly sha256?: string | undefined;
}

export const isDatabase = (path: string): boolean => /\.(sqlite|db)(\.\w+)?$/.test(basename(path));

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** From now on, the folder of this file must have it. Only for a file that is complete. */
export function expectFile({ path, holds, sha256 }: ExpectedFile): void {
  const mark = JSON.stringify({ holds, sha256 });
  const file = path + MARK;
  if (!existsSync(file) || readFileSync(file, 'utf8') !== mark) writeFileSync(file, mark, { mode: 0o600 });
}

/** Every marked file of the services' folders. A mark that was damaged itself still says that there must be a file. */
export function expectedFiles(stateDir: string): ExpectedFile[] {
  const folders = readdirSync(stateDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    const marks = readdirSync(join(stateDir, name)).filter((file) => file.endsWith(MARK));
    return marks.map((mark) => {
      const path = join(stateDir, name, mark.slice(0, -MARK.length));
      return { path, ...(readMark(path + MARK) ?? { holds: `state of ${name}` }) };
    });
  });
}

function readMark(file: string): z.infer<typeof markShape> | undefined {
  try {
    return markShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with a file, as the end of a sentence that begins with its name; undefined when nothing is.
 * @param still nothing has it open and nothing will: a backup
 */
export function problemOf({ path, sha256: wanted }: ExpectedFile, still = false): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 'is missing';
    if (found.isDirectory()) return undefined;
    if (found.size === 0) return 'is empty';
    if (isDatabase(path)) return problemOfDatabase(path, found.size, still);
    if (wanted !== undefined && sha256(readFileSync(path)) !== wanted)
      return 'is damaged: its content is not what was written';
    return undefined;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function problemOfDatabase(path: string, size: number, still: boolean): string | undefined {
  const url = pathToFileURL(path);
  if (still) url.searchParams.set('immutable', '1'); // leaves no files of a write-ahead log beside it
  const database = new DatabaseSync(url, { readOnly: still, timeout: LOCKED_MS });
  try {
    database.exec('SELECT count(*) FROM sqlite_schema');
    if (size > CHECKED_WHOLE) return undefined;
    const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() ?? {};
    return verdict === 'ok' ? undefined : `is damaged: ${String(verdict).trim()}`;
  } catch (error) {
    return `is damaged: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    database.close();
  }
}

export const folderOf = ({ path }: ExpectedFile): string => dirname(path);
