/**
 * The five checksums of S3 ("Checking object integrity", S3 User Guide). A value travels in base64, in the header or
 * trailer `x-amz-checksum-<algorithm>`.
 */
import { createHash } from 'node:crypto';
import { Crc32, Crc32cJs, Crc64NvmeJs } from '@aws-sdk/checksums/crc';
import { z } from 'zod';
import { s3Error } from './errors.ts';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** `COMPOSITE`: the checksum of the parts' checksums, with `-<number of parts>` behind it. */
export const checksumSchema = z.object({
  algorithm: z.enum(CHECKSUM_ALGORITHMS),
  value: z.string(),
  type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
});
export type Checksum = z.infer<typeof checksumSchema>;

const BYTES: Record<ChecksumAlgorithm, number> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

export interface Hasher {
  update(chunk: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

export function hasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32();
    case 'CRC32C':
      return new Crc32cJs();
    case 'CRC64NVME':
      return new Crc64NvmeJs();
    default: {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (chunk) => void hash.update(chunk), digest: async () => hash.digest() };
    }
  }
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The XML element of a checksum: `ChecksumCRC32`. */
export function checksumElement(checksum: Checksum | undefined): Record<string, string> {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** @throws InvalidRequest when the name is none of the five */
export function checksumAlgorithm(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
  if (found === undefined) {
    throw s3Error(
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
  }
  return found;
}

/** What a request says about its body's checksum; `value` is absent when it comes in the trailer. */
export interface DeclaredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value?: string;
}

/**
 * Reads `x-amz-checksum-*` or the announcement of it in `x-amz-trailer`.
 * @throws InvalidRequest for two of them, an unknown algorithm, or a value that is not base64 of the right length
 */
export function declaredChecksum(headers: Readonly<Record<string, string>>): DeclaredChecksum | undefined {
  const named = CHECKSUM_ALGORITHMS.filter((algorithm) => headers[checksumHeader(algorithm)] !== undefined);
  const trailer = headers['x-amz-trailer']?.toLowerCase().trim();
  if (named.length > 1 || (named.length === 1 && trailer?.startsWith('x-amz-checksum-'))) {
    throw s3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const [algorithm] = named;
  if (algorithm !== undefined) {
    const value = headers[checksumHeader(algorithm)] ?? '';
    assertWellFormed(algorithm, value);
    return { algorithm, value };
  }
  if (trailer === undefined || trailer === '') return undefined;
  if (!trailer.startsWith('x-amz-checksum-')) {
    throw s3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
  }
  return { algorithm: checksumAlgorithm(trailer.slice('x-amz-checksum-'.length)) };
}

export function assertWellFormed(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== BYTES[algorithm] || bytes.toString('base64') !== value) {
    throw s3Error('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
}

/** @throws BadDigest unless the two are equal */
export function assertChecksum(algorithm: ChecksumAlgorithm, declared: string, computed: string): void {
  if (declared !== computed) {
    throw s3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
}
