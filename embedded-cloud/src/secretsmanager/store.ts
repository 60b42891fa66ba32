/** Secrets and their versions on disk; values only ever sealed. */

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase } from '../database.ts';
import { open, seal } from '../kms/sealed-box.ts';
import { keyFile } from '../state/key-file.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS secret (
    arn TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, kms_key TEXT, tags TEXT NOT NULL,
    policy TEXT, created REAL NOT NULL, changed REAL NOT NULL, accessed REAL, deletion REAL, template_value TEXT
  );
  CREATE TABLE IF NOT EXISTS version (
    arn TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, value BLOB NOT NULL, stages TEXT NOT NULL,
    created REAL NOT NULL, PRIMARY KEY (arn, id)
  );
`;

const json = z.string().transform((text): unknown => JSON.parse(text));
const Row = z.object({
  arn: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  kms_key: z.string().nullable(),
  tags: json.pipe(z.record(z.string(), z.string())),
  policy: json.nullable(),
  created: z.number(),
  changed: z.number(),
  accessed: z.number().nullable(),
  /** When a deleted secret is gone for good; null while it is not deleted. Milliseconds, as all times here. */
  deletion: z.number().nullable(),
  template_value: z.string().nullable(),
});
export type Secret = z.infer<typeof Row>;

const VersionRow = z.object({
  arn: z.string(),
  id: z.string(),
  kind: z.enum(['SecretString', 'SecretBinary']),
  value: z.instanceof(Uint8Array),
  stages: json.pipe(z.array(z.string())),
  created: z.number(),
});
export interface Version {
  readonly id: string;
  readonly kind: 'SecretString' | 'SecretBinary';
  /** The text, or base64 of the bytes. */
  readonly value: string;
  readonly stages: readonly string[];
  readonly created: number;
}

const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The six random characters that AWS puts behind a name, so that a secret made anew is not mistaken for the old one. */
export function arnSuffix(): string {
  return Array.from({ length: 6 }, () => SUFFIX[randomInt(SUFFIX.length)]).join('');
}

export class SecretStore {
  readonly database: DatabaseSync;
  readonly #key: Buffer;

  constructor(folder: string) {
    this.database = openDatabase(folder, SCHEMA, 'all secrets');
    this.#key = keyFile(join(folder, 'key'), 'the key under which all secrets are sealed');
  }

  /** By name, ARN, or ARN without the random suffix. Secrets whose recovery window has passed are gone. */
  find(id: string, now: number): Secret | undefined {
    for (const { arn } of this.database.prepare('SELECT arn FROM secret WHERE deletion <= ?').all(now))
      this.remove(String(arn));
    const row =
      this.database.prepare('SELECT * FROM secret WHERE name = ? OR arn = ?').get(id, id) ??
      (id.startsWith('arn:')
        ? this.database.prepare('SELECT * FROM secret WHERE substr(arn, 1, length(arn) - 7) = ?').get(id)
        : undefined);
    return row && Row.parse(row);
  }

  all(): Secret[] {
    return this.database
      .prepare('SELECT * FROM secret ORDER BY created, name')
      .all()
      .map((row) => Row.parse(row));
  }

  put(secret: Secret): void {
    const {
      arn,
      name,
      description,
      kms_key,
      tags,
      policy,
      created,
      changed,
      accessed,
      deletion,
      template_value,
    } = secret;
    this.database
      .prepare('INSERT OR REPLACE INTO secret VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        ...[arn, name, description, kms_key, JSON.stringify(tags)],
        ...[
          policy === null ? null : JSON.stringify(policy),
          created,
          changed,
          accessed,
          deletion,
          template_value,
        ],
      );
  }

  remove(arn: string): void {
    this.database.prepare('DELETE FROM version WHERE arn = ?').run(arn);
    this.database.prepare('DELETE FROM secret WHERE arn = ?').run(arn);
  }

  /** Versions, the oldest first. */
  versions(arn: string): Version[] {
    return this.database
      .prepare('SELECT * FROM version WHERE arn = ? ORDER BY created, rowid')
      .all(arn)
      .map((row) => {
        const { value, ...version } = VersionRow.parse(row);
        return { ...version, value: open(this.#key, value, `${arn} ${version.id}`).toString() };
      });
  }

  putVersion(arn: string, { id, kind, value, stages, created }: Version): void {
    const sealed = seal(this.#key, Buffer.from(value), `${arn} ${id}`);
    this.database
      .prepare('INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?, ?, ?)')
      .run(arn, id, kind, sealed, JSON.stringify(stages), created);
  }

  setStages(arn: string, id: string, stages: readonly string[]): void {
    this.database
      .prepare('UPDATE version SET stages = ? WHERE arn = ? AND id = ?')
      .run(JSON.stringify(stages), arn, id);
  }
}
