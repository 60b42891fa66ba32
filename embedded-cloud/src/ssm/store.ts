/** Parameters with their versions; SecureString values sealed on disk. */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase } from '../database.ts';
import { open, seal } from '../kms/sealed-box.ts';
import { keyFile } from '../state/key-file.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS parameter (
    name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, value BLOB NOT NULL, description TEXT,
    key_id TEXT, tier TEXT NOT NULL, data_type TEXT NOT NULL, allowed_pattern TEXT, modified REAL NOT NULL,
    modified_by TEXT NOT NULL, PRIMARY KEY (name, version)
  );
  CREATE TABLE IF NOT EXISTS tag (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key));
`;

export const ParameterType = z.enum(['String', 'StringList', 'SecureString']);

const Row = z.object({
  name: z.string(),
  version: z.number(),
  type: ParameterType,
  value: z.instanceof(Uint8Array),
  description: z.string().nullable(),
  key_id: z.string().nullable(),
  tier: z.string(),
  data_type: z.string(),
  allowed_pattern: z.string().nullable(),
  /** Milliseconds since the epoch. */
  modified: z.number(),
  /** ARN of who wrote this version. */
  modified_by: z.string(),
});
export type Parameter = Omit<z.infer<typeof Row>, 'value'> & { readonly value: string };

/** Of a parameter, AWS keeps the last hundred versions. */
const KEPT_VERSIONS = 100;

export class ParameterStore {
  readonly database: DatabaseSync;
  readonly #key: Buffer;

  constructor(folder: string) {
    this.database = openDatabase(folder, SCHEMA, 'all parameters');
    this.#key = keyFile(join(folder, 'key'), 'the key under which parameters are sealed');
  }

  #opened(row: unknown): Parameter {
    const { value, ...parameter } = Row.parse(row);
    return {
      ...parameter,
      value: open(this.#key, value, `${parameter.name} ${parameter.version}`).toString(),
    };
  }

  /** The given version, or the latest. */
  find(name: string, version?: number): Parameter | undefined {
    const row =
      version === undefined
        ? this.database.prepare('SELECT * FROM parameter WHERE name = ? ORDER BY version DESC').get(name)
        : this.database.prepare('SELECT * FROM parameter WHERE name = ? AND version = ?').get(name, version);
    return row && this.#opened(row);
  }

  /** The latest version of every parameter, by name. */
  all(): Parameter[] {
    return this.database
      .prepare('SELECT *, max(version) FROM parameter GROUP BY name ORDER BY name')
      .all()
      .map((row) => this.#opened(row));
  }

  put(parameter: Parameter): void {
    const { name, version } = parameter;
    this.database
      .prepare('INSERT INTO parameter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        ...[
          name,
          version,
          parameter.type,
          seal(this.#key, Buffer.from(parameter.value), `${name} ${version}`),
        ],
        ...[parameter.description, parameter.key_id, parameter.tier, parameter.data_type],
        ...[parameter.allowed_pattern, parameter.modified, parameter.modified_by],
      );
    this.database
      .prepare('DELETE FROM parameter WHERE name = ? AND version <= ?')
      .run(name, version - KEPT_VERSIONS);
  }

  /** @returns whether there was one */
  remove(name: string): boolean {
    this.database.prepare('DELETE FROM tag WHERE name = ?').run(name);
    return this.database.prepare('DELETE FROM parameter WHERE name = ?').run(name).changes > 0;
  }

  tags(name: string): Record<string, string> {
    const rows = this.database.prepare('SELECT key, value FROM tag WHERE name = ?').all(name);
    return Object.fromEntries(rows.map(({ key, value }) => [String(key), String(value)]));
  }

  tag(name: string, tags: Readonly<Record<string, string>>): void {
    const insert = this.database.prepare('INSERT OR REPLACE INTO tag VALUES (?, ?, ?)');
    for (const [key, value] of Object.entries(tags)) insert.run(name, key, value);
  }

  untag(name: string, keys: readonly string[]): void {
    for (const key of keys)
      this.database.prepare('DELETE FROM tag WHERE name = ? AND key = ?').run(name, key);
  }
}
