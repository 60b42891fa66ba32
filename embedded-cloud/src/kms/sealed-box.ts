/**
 * Encryption of values at rest: AES-256-GCM under a key file that only its owner may read. It keeps secrets out of
 * backups, greps and screen shares of the state folder; whoever can read the key file can read the secrets.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** 96-bit nonces and 128-bit tags, as NIST SP 800-38D recommends for GCM. */
const NONCE = 12;
const TAG = 16;

/** Encrypts with a fresh nonce. `context` is authenticated, not encrypted: the same one is needed to open. */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws Error when the key or the context is another one, or the bytes were changed */
export function open(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
}
