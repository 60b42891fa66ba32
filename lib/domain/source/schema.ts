import * as z from 'zod';
import { Id } from '../id.ts';
import { PresignedUpload, SourceFormat } from '../upload.ts';
import { Digest, GitSha, Repository, Sha256, Timestamp } from '../values.ts';

/** 100 MiB: what zectre takes, and what an archive API of a git host serves within a Lambda's time. */
export const SOURCE_MAX_BYTES = 100 * 1024 * 1024;
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

/** `upload` is null when the same bytes are stored already. */
export const SourceWithUpload = Source.extend({ upload: PresignedUpload.nullable() });
export type SourceWithUpload = z.infer<typeof SourceWithUpload>;
