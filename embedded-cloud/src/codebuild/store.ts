/** Builds in SQLite: what they are, their numbers, and the idempotency tokens of StartBuild. */
import { z } from 'zod';
import { openDatabase, transaction } from '../database.ts';
import { type Build, buildShape } from './build.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS build (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL,
    status TEXT NOT NULL, started INTEGER NOT NULL, token TEXT, fingerprint TEXT, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS build_by_project ON build (project, sequence);
  CREATE INDEX IF NOT EXISTS build_by_status ON build (status, sequence);
  CREATE INDEX IF NOT EXISTS build_by_token ON build (project, token) WHERE token IS NOT NULL;
  CREATE TABLE IF NOT EXISTS counter (project TEXT PRIMARY KEY, last INTEGER NOT NULL);
`;
const jsonRow = z.object({ json: z.string() });
const listRow = z.object({ sequence: z.number(), id: z.string() });
const tokenRow = z.object({ json: z.string(), fingerprint: z.string(), started: z.number() });

export type BuildStore = ReturnType<typeof openBuildStore>;

export interface Repeat {
  readonly token: string;
  /** Says whether two requests ask for the same. */
  readonly fingerprint: string;
}

/** Opens the store in the service's state folder. */
export function openBuildStore(folder: string) {
  const database = openDatabase(folder, SCHEMA, 'the builds of CodeBuild projects');
  const count = database.prepare(
    `INSERT INTO counter (project, last) VALUES (?, 1)
     ON CONFLICT (project) DO UPDATE SET last = last + 1 RETURNING last`,
  );
  const insert = database.prepare(
    'INSERT INTO build (id, project, status, started, token, fingerprint, json) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const update = database.prepare('UPDATE build SET status = ?, json = ? WHERE id = ?');
  const one = database.prepare('SELECT json FROM build WHERE id = ?');
  const unfinished = database.prepare(
    "SELECT json FROM build WHERE status = 'IN_PROGRESS' ORDER BY sequence",
  );
  const byToken = database.prepare(
    'SELECT json, fingerprint, started FROM build WHERE project = ? AND token = ? ORDER BY sequence DESC LIMIT 1',
  );
  const parse = (row: unknown): Build => buildShape.parse(JSON.parse(jsonRow.parse(row).json));

  return {
    /** Writes a new build with the project's next number. @param now milliseconds since the epoch */
    add(project: string, now: number, make: (number: number) => Build, repeat?: Repeat): Build {
      return transaction(database, () => {
        const { last } = z.object({ last: z.number() }).parse(count.get(project));
        const build = make(last);
        insert.run(
          ...[build.id, project, build.buildStatus, now],
          ...[repeat?.token ?? null, repeat?.fingerprint ?? null, JSON.stringify(build)],
        );
        return build;
      });
    },
    save: (build: Build) => update.run(build.buildStatus, JSON.stringify(build), build.id),
    find(id: string): Build | undefined {
      const row = one.get(id);
      return row ? parse(row) : undefined;
    },
    unfinished: () => unfinished.all().map(parse),
    findRepeat(project: string, token: string) {
      const row = tokenRow.optional().parse(byToken.get(project, token));
      return row && { build: parse(row), fingerprint: row.fingerprint, started: row.started };
    },
    /** Ids in order of start, from the row after (or before) `from`. */
    list(project: string | undefined, ascending: boolean, from: number | undefined, limit: number) {
      const order = ascending ? 'ASC' : 'DESC';
      const bound = ascending ? 'sequence > ?' : 'sequence < ?';
      const start = from ?? (ascending ? 0 : Number.MAX_SAFE_INTEGER);
      const where = project === undefined ? bound : `project = ? AND ${bound}`;
      const statement = database.prepare(
        `SELECT sequence, id FROM build WHERE ${where} ORDER BY sequence ${order} LIMIT ?`,
      );
      const rows = project === undefined ? statement.all(start, limit) : statement.all(project, start, limit);
      return listRow.array().parse(rows);
    },
    close: () => database.close(),
  };
}
