/** What a caller sends to sync a manifest, and what is kept of it. */
import * as z from 'zod';
import { Id } from '../id.ts';
import { Digest, GitSha, Name, Timestamp } from '../values.ts';
import { MANIFEST_MAX_BYTES } from './schema.ts';

export const SyncManifest = z.strictObject({
  /** The text of the file, YAML or JSON. */
  manifest: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= MANIFEST_MAX_BYTES, 'must be at most 256 KiB')
    .meta({ examples: ['services:\n  web:\n    commands: [make]\n'] }),
  /** The file's name, for messages. */
  file: z
    .string()
    .regex(/^[A-Za-z0-9._/-]{1,255}$/, 'must be the name of a file')
    .default('staithe.yaml'),
  /** The commit that the file is of. */
  git_sha: GitSha.optional(),
});
export type SyncManifest = z.infer<typeof SyncManifest>;

export const SyncedManifest = z.object({
  project_id: Id.project,
  manifest_hash: Digest,
  /** The canonical form: without comments, without what has its default, keys sorted. The hash is of its JSON. */
  manifest: z.record(z.string(), z.unknown()),
  services: z.array(Name),
  git_sha: GitSha.optional(),
  synced_at: Timestamp,
  synced_by: z.string(),
});
export type SyncedManifest = z.infer<typeof SyncedManifest>;
