/** Secrets that callers show: only their hash is kept. */
import { createHash, timingSafeEqual } from 'node:crypto';

export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time. Both are hashed, so lengths are equal. */
export function matches(secret: string, hash: string): boolean {
  const presented = Buffer.from(hashOfSecret(secret), 'hex');
  const kept = Buffer.from(hash, 'hex');
  return presented.length === kept.length && timingSafeEqual(presented, kept);
}
