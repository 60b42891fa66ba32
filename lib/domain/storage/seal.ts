/**
 * Seals what callers carry for us: they can neither read it nor make one up, and it opens only where it was sealed for.
 *
 * The key lies in the table, which every function that lists has open anyway: no further secret, no further permission,
 * and one small read in a process's life (a secret of Secrets Manager would cost a call of 30 ms at a cold start).
 * Whoever can read the table needs no cursor to learn what is in it.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { ConditionFailed, type Item, type Table } from '../ports/table.ts';
import { Keys } from './keys.ts';

interface SealKeys {
  readonly encryption: Buffer;
  readonly nonces: Buffer;
}

const CIPHER = 'aes-256-gcm';
/** 96 bits, and a tag of 128 (NIST SP 800-38D, sections 5.2.1.1 and 5.2.1.2). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed text has more than what is in it. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/** Read once for the life of the process; a failed read is tried again at the next use. */
const known = new WeakMap<Table, Promise<SealKeys>>();

function keysOf(table: Table): Promise<SealKeys> {
  const kept = known.get(table);
  if (kept !== undefined) return kept;
  const read = readOrMake(table).catch((error: unknown) => {
    known.delete(table);
    throw error;
  });
  known.set(table, read);
  return read;
}

async function readOrMake(table: Table): Promise<SealKeys> {
  const found = await table.get(Keys.cursorKey());
  if (found !== undefined) return derived(found);
  // Not through the port of randomness: a key is never to follow from a seed, in a test neither.
  const made: Item = {
    ...Keys.cursorKey(),
    entity: 'cursor_key',
    revision: 1,
    secret: randomBytes(32).toString('base64url'),
  };
  try {
    await table.write({ put: made, when: { absent: true } });
    return derived(made);
  } catch (error) {
    if (error instanceof ConditionFailed && error.existing !== undefined) return derived(error.existing);
    throw error;
  }
}

function derived({ secret }: Item): SealKeys {
  if (typeof secret !== 'string') throw new Error('The key of cursors is not a text.');
  const part = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `staithe-cursors ${use}`, 32));
  return { encryption: part('encryption'), nonces: part('nonces') };
}

/**
 * The nonce follows from what is sealed (as in RFC 8452), so the same place has the same cursor, and no two texts share a
 * nonce.
 * @param purpose what it is sealed for, such as a list's name
 */
export async function seal(table: Table, purpose: string, content: Uint8Array): Promise<string> {
  const { encryption, nonces } = await keysOf(table);
  const nonce = createHmac('sha256', nonces)
    .update(`${purpose.length} ${purpose}`)
    .update(content)
    .digest()
    .subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, encryption, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @returns undefined when it was not sealed here, or for another purpose */
export async function unseal(table: Table, purpose: string, text: string): Promise<Buffer | undefined> {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < SEAL_BYTES || bytes.toString('base64url') !== text) return undefined;
  const { encryption } = await keysOf(table);
  const decipher = createDecipheriv(CIPHER, encryption, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(NONCE_BYTES, SEAL_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(SEAL_BYTES)), decipher.final()]);
  } catch {
    return undefined; // the tag is not of these bytes, this purpose and this key
  }
}
