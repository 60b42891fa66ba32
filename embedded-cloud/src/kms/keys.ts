/** KMS keys and aliases on disk; key material only ever sealed under the service's own key file. */

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase } from '../database.ts';
import { AwsError } from '../service.ts';
import { keyFile } from '../state/key-file.ts';
import { open, seal } from './sealed-box.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS key (
    id TEXT PRIMARY KEY, resource TEXT UNIQUE, spec TEXT NOT NULL, usage TEXT NOT NULL, material BLOB NOT NULL,
    policy TEXT NOT NULL, description TEXT NOT NULL, enabled INTEGER NOT NULL, created REAL NOT NULL
  );
  CREATE TABLE IF NOT EXISTS alias (name TEXT PRIMARY KEY, key_id TEXT NOT NULL, created REAL NOT NULL);
`;

export const KeySpec = z.enum([
  ...(['SYMMETRIC_DEFAULT', 'ECC_NIST_P256', 'ECC_NIST_P384', 'RSA_2048', 'RSA_3072', 'RSA_4096'] as const),
  ...(['HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512'] as const),
]);
export const KeyUsage = z.enum(['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC']);

const Row = z.object({
  id: z.string(),
  /** Logical id of the template resource that it belongs to. */
  resource: z.string().nullable(),
  spec: KeySpec,
  usage: KeyUsage,
  material: z.instanceof(Uint8Array),
  policy: z.string().transform((text): object => z.object({}).loose().parse(JSON.parse(text))),
  description: z.string(),
  enabled: z.number().transform((flag) => flag === 1),
  created: z.number(),
});
export type Key = z.infer<typeof Row>;

/** Secret bytes of symmetric and HMAC keys, PKCS #8 of the others. */
function newMaterial(spec: z.infer<typeof KeySpec>): Buffer {
  const pkcs8 = ({ privateKey }: { privateKey: KeyObject }) =>
    privateKey.export({ format: 'der', type: 'pkcs8' });
  if (spec.startsWith('ECC'))
    return pkcs8(generateKeyPairSync('ec', { namedCurve: spec.replace('ECC_NIST_P', 'P-') }));
  if (spec.startsWith('RSA'))
    return pkcs8(generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) }));
  return randomBytes(spec.startsWith('HMAC') ? Number(spec.slice(5)) / 8 : 32);
}

/** The only usage of a spec, or the one that was asked for where there is a choice (RSA). */
export function usageOf(spec: z.infer<typeof KeySpec>, asked: z.infer<typeof KeyUsage> | undefined) {
  const natural = spec.startsWith('HMAC')
    ? 'GENERATE_VERIFY_MAC'
    : spec === 'SYMMETRIC_DEFAULT'
      ? 'ENCRYPT_DECRYPT'
      : 'SIGN_VERIFY';
  if ((asked ?? natural) === natural) return natural;
  throw new AwsError(
    'ValidationException',
    `The embedded cloud has no ${spec} keys with the usage ${asked}.`,
  );
}

export class KeyStore {
  readonly database: DatabaseSync;
  readonly #key: Buffer;

  constructor(folder: string) {
    this.database = openDatabase(folder, SCHEMA, 'the keys of KMS');
    this.#key = keyFile(join(folder, 'key'), 'the key under which the keys of KMS are sealed');
  }

  /** A new key with new material. `resource` ties it to a template's resource. */
  create(spec: Key['spec'], usage: Key['usage'], resource: string | null, policy: object, now: number): Key {
    const id = randomUUID();
    const material = seal(this.#key, newMaterial(spec), id);
    this.database
      .prepare('INSERT INTO key VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(id, resource, spec, usage, material, JSON.stringify(policy), '', 1, now);
    const key = this.byId(id);
    if (!key) throw new Error(`key ${id} was not stored`);
    return key;
  }

  byId(id: string): Key | undefined {
    const row = this.database.prepare('SELECT * FROM key WHERE id = ?').get(id);
    return row && Row.parse(row);
  }

  byResource(resource: string): Key | undefined {
    const row = this.database.prepare('SELECT * FROM key WHERE resource = ?').get(resource);
    return row && Row.parse(row);
  }

  /** By key id, key ARN, alias name or alias ARN. */
  find(reference: string): Key | undefined {
    const plain = reference.replace(/^arn:[^:]*:kms:[^:]*:[^:]*:(key\/)?/, '');
    if (!plain.startsWith('alias/')) return this.byId(plain);
    const alias = this.database.prepare('SELECT key_id FROM alias WHERE name = ?').get(plain);
    return alias && this.byId(String(alias.key_id));
  }

  update(id: string, policy: object, description: string, enabled: boolean): void {
    this.database
      .prepare('UPDATE key SET policy = ?, description = ?, enabled = ? WHERE id = ?')
      .run(JSON.stringify(policy), description, enabled ? 1 : 0, id);
  }

  all(): Key[] {
    return this.database
      .prepare('SELECT * FROM key ORDER BY created')
      .all()
      .map((row) => Row.parse(row));
  }

  setAlias(name: string, keyId: string, now: number): void {
    this.database.prepare('INSERT OR REPLACE INTO alias VALUES (?, ?, ?)').run(name, keyId, now);
  }

  aliases(keyId?: string): { name: string; keyId: string; created: number }[] {
    return this.database
      .prepare('SELECT * FROM alias ORDER BY name')
      .all()
      .map(({ name, key_id, created }) => ({
        name: String(name),
        keyId: String(key_id),
        created: Number(created),
      }))
      .filter((alias) => keyId === undefined || alias.keyId === keyId);
  }

  /** The secret bytes of a symmetric or HMAC key. */
  secret(key: Key): Buffer {
    return open(this.#key, key.material, key.id);
  }

  privateKey(key: Key): KeyObject {
    return createPrivateKey({ key: this.secret(key), format: 'der', type: 'pkcs8' });
  }
}
