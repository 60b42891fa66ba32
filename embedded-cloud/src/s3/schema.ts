/** The tables of the S3 state, and what their JSON columns hold. */
import { z } from 'zod';
import { CHECKSUM_ALGORITHMS, checksumSchema } from './checksum.ts';

/**
 * `sequence` orders everything that happens to keys; it is the `sequencer` of events. `version` is `null` (the text)
 * for objects of buckets without versioning, as in S3. `files` names every file that must not be swept.
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, sequence INTEGER NOT NULL,
    latest INTEGER NOT NULL, marker INTEGER NOT NULL, modified INTEGER NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY (bucket, key, version)
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS latest_object ON objects (bucket, key) WHERE latest = 1;
  CREATE UNIQUE INDEX IF NOT EXISTS object_history ON objects (bucket, key, sequence DESC);
  CREATE INDEX IF NOT EXISTS object_sequence ON objects (sequence);
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, initiated INTEGER NOT NULL, details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS uploads_by_key ON uploads (bucket, key, id);
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified INTEGER NOT NULL, checksum TEXT, PRIMARY KEY (upload, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL) STRICT;
`;

/** What S3 keeps with an object beside its bytes, and gives back as headers. */
export const metadataSchema = z.object({
  /** `content-type`, `cache-control`, …, and `x-amz-meta-*`, in lower case. */
  headers: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  storageClass: z.string(),
  /** The `x-amz-server-side-encryption*` headers. */
  encryption: z.record(z.string(), z.string()),
});
export type ObjectMetadata = z.infer<typeof metadataSchema>;

const pieceSchema = z.object({
  file: z.string(),
  size: z.number(),
  /** Of an object put in parts: the part's own number and checksum. */
  number: z.number().optional(),
  checksum: z.string().optional(),
});
export type ObjectPiece = z.infer<typeof pieceSchema>;

export const objectDetails = metadataSchema.extend({
  pieces: z.array(pieceSchema),
  /** Put in parts, so that the ETag is one of parts. */
  multipart: z.boolean(),
  checksum: checksumSchema.optional(),
});
export type ObjectDetails = z.infer<typeof objectDetails>;

export const uploadDetails = metadataSchema.extend({
  /** Absent when CreateMultipartUpload named none. */
  algorithm: z.enum(CHECKSUM_ALGORITHMS).optional(),
  checksumType: z.enum(['FULL_OBJECT', 'COMPOSITE']).optional(),
  initiator: z.string(),
});
export type UploadDetails = z.infer<typeof uploadDetails>;

export const objectRow = z.object({
  bucket: z.string(),
  key: z.string(),
  version: z.string(),
  sequence: z.number(),
  latest: z.number(),
  marker: z.number(),
  modified: z.number(),
  size: z.number(),
  etag: z.string(),
  details: z.string(),
});

/** One version of an object, or a delete marker. */
export interface ObjectVersion extends ObjectDetails {
  readonly bucket: string;
  readonly key: string;
  /** `null` without versioning. */
  readonly version: string;
  readonly sequence: number;
  readonly latest: boolean;
  readonly marker: boolean;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
}

export function toObjectVersion(found: unknown): ObjectVersion {
  const row = objectRow.parse(found);
  const details = objectDetails.parse(JSON.parse(row.details));
  return { ...row, ...details, latest: row.latest === 1, marker: row.marker === 1 };
}
