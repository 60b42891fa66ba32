/** The bytes of an upload in three parts. */
import { createHash, randomBytes } from 'node:crypto';

export const MIB = 1024 * 1024;

export const BYTES = randomBytes(11 * MIB);

export const PARTS = [
  BYTES.subarray(0, 5 * MIB),
  BYTES.subarray(5 * MIB, 10 * MIB),
  BYTES.subarray(10 * MIB),
];

export const etag = `"${createHash('md5')
  .update(Buffer.concat(PARTS.map((part) => createHash('md5').update(part).digest())))
  .digest('hex')}-3"`;
