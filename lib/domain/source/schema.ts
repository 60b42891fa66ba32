import * as z from 'zod';
import { Id } from '../id.ts';
import { Digest, GitSha, Repository, Sha256, Timestamp } from '../values.ts';

/** 100 MiB: what zectre takes, and what an archive API of a git host serves within a Lambda's time. */
export const SOURCE_MAX_BYTES = 100 * 1024 * 1024;
/** A presigned upload lives 15 minutes: 100 MiB at 1 Mbit/s, and no longer than needed. */
export const UPLOAD_EXPIRES_SECONDS = 15 * 60;

export const SourceFormat = z.enum(['tar.gz', 'zip']);
export type SourceFormat = z.infer<typeof SourceFormat>;

/** Their media types (RFC 6713, and the IANA registration of zip). */
export const SOURCE_TYPES = { 'tar.gz': 'application/gzip', zip: 'application/zip' } as const;

/** One uploaded archive of a project's tree, content-addressed by sha256. */
export const Source = z.object({
  id: Id.source,
  project_id: Id.project,
  sha256: Sha256,
  size_bytes: z.int().positive(),
  format: SourceFormat,
  status: z.enum(['pending', 'stored']),
  /** Leading path components to drop when unpacking: archives of git hosts wrap the tree in one folder. */
  strip_components: z.int().min(0).max(1),
  git: z.object({ repository: Repository, ref: z.string(), sha: GitSha }).optional(),
  /** The digest of the tree's content, known once a build has read it: the same however the tree was packed. */
  tree_digest: Digest.optional(),
  /** The hash of the tree's own manifest, known with it; null when the tree has none. */
  tree_manifest_hash: Digest.nullable().optional(),
  created_at: Timestamp,
  stored_at: Timestamp.optional(),
  created_by: z.string(),
});
export type Source = z.infer<typeof Source>;

export const CreateSource = z.strictObject({
  sha256: Sha256,
  size_bytes: z
    .int()
    .positive()
    .max(SOURCE_MAX_BYTES)
    .meta({ examples: [2048] }),
  format: SourceFormat.default('tar.gz'),
});
export type CreateSource = z.infer<typeof CreateSource>;

/** How to send bytes straight to storage: the request is bound to the declared digest, length and type. */
export const PresignedUpload = z.object({
  method: z.literal('PUT'),
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  expires_at: Timestamp,
});
export type PresignedUpload = z.infer<typeof PresignedUpload>;

/** `upload` is null when the same bytes are stored already. */
export const SourceWithUpload = Source.extend({ upload: PresignedUpload.nullable() });
export type SourceWithUpload = z.infer<typeof SourceWithUpload>;
