/** What ECR keeps, as tables and as what their rows mean. Times are milliseconds since the epoch. */
import { z } from 'zod';
import { ExclusionFilters, type Mutability, mutabilityShape } from './mutability.ts';

/**
 * `blob` has each content once, whatever repositories hold it; `layer` says which do. An upload is a list of pieces
 * until its digest is known; then the same pieces are the blob, and nothing is copied.
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS repository (
    name TEXT PRIMARY KEY, mutability TEXT NOT NULL, exclusions TEXT NOT NULL,
    scan_on_push INTEGER NOT NULL, encryption TEXT NOT NULL,
    tags TEXT NOT NULL, policy TEXT, lifecycle TEXT, created REAL NOT NULL
  );
  CREATE TABLE IF NOT EXISTS image (
    repository TEXT NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL, artifact_type TEXT,
    manifest BLOB NOT NULL, size INTEGER NOT NULL, subject TEXT, pushed REAL NOT NULL,
    PRIMARY KEY (repository, digest)
  );
  CREATE TABLE IF NOT EXISTS tag (
    repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, tag)
  );
  CREATE INDEX IF NOT EXISTS tag_of_image ON tag (repository, digest);
  CREATE TABLE IF NOT EXISTS layer (
    repository TEXT NOT NULL, digest TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (repository, digest)
  );
  CREATE TABLE IF NOT EXISTS blob (digest TEXT PRIMARY KEY, size INTEGER NOT NULL, pieces TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, repository TEXT NOT NULL, pieces TEXT NOT NULL, created REAL NOT NULL
  );
`;

const json = z.string().transform((text): unknown => JSON.parse(text));

export const Encryption = z.object({
  encryptionType: z.enum(['AES256', 'KMS', 'KMS_DSSE']),
  kmsKey: z.string().optional(),
});

export const RepositoryRow = z.object({
  name: z.string(),
  mutability: mutabilityShape.imageTagMutability,
  exclusions: json.pipe(ExclusionFilters),
  scan_on_push: z.number().transform(Boolean),
  encryption: json.pipe(Encryption),
  tags: json.pipe(z.record(z.string(), z.string())),
  /** The repository's resource policy, as text. */
  policy: z.string().nullable(),
  /** The lifecycle policy, as text. */
  lifecycle: z.string().nullable(),
  created: z.number(),
});
export type Repository = z.infer<typeof RepositoryRow>;

export const mutabilityOf = ({ mutability, exclusions }: Repository): Mutability => ({
  imageTagMutability: mutability,
  imageTagMutabilityExclusionFilters: exclusions,
});

export const ImageRow = z.object({
  repository: z.string(),
  digest: z.string(),
  media_type: z.string(),
  artifact_type: z.string().nullable(),
  manifest: z.instanceof(Uint8Array).transform((bytes): Buffer => Buffer.from(bytes)),
  /** Bytes of what the manifest names: configuration and layers; of an index, of its largest image. */
  size: z.number(),
  subject: z.string().nullable(),
  pushed: z.number(),
});
export type Image = z.infer<typeof ImageRow>;

export const Pieces = json.pipe(z.array(z.object({ file: z.string(), size: z.number() })));
export const BlobRow = z.object({ digest: z.string(), size: z.number(), pieces: Pieces });
export type Blob = z.infer<typeof BlobRow>;

export const UploadRow = z.object({
  id: z.string(),
  repository: z.string(),
  pieces: Pieces,
  created: z.number(),
});
export type Upload = z.infer<typeof UploadRow>;
