import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { expectFile, sha256 } from './expected.ts';

/** 256 bits, for AES-256 and HMAC-SHA256 alike. */
const LENGTH = 32;

/**
 * Reads a key of 32 random bytes, or makes it (mode 0600, complete or not at all) at the first start.
 * @param holds what cannot be read without it, for the message when it is lost
 * @throws Error that names the file when it is not a key
 */
export function keyFile(path: string, holds: string): Buffer {
  const key = read(path) ?? made(path);
  if (key.length !== LENGTH)
    throw new Error(
      `The key file ${path} has ${key.length} bytes instead of ${LENGTH}. It holds ${holds}. Put back a copy of it.`,
    );
  expectFile({ path, holds, sha256: sha256(key) });
  return key;
}

function made(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  const descriptor = openSync(draft, 'w', 0o600);
  writeSync(descriptor, randomBytes(LENGTH));
  fsyncSync(descriptor);
  closeSync(descriptor);
  try {
    linkSync(draft, path); // Fails when another process was first: then its key is the key.
  } catch (error) {
    if (!read(path)) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  chmodSync(path, 0o600);
  return readFileSync(path);
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
