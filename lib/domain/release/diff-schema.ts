/** What differs between two releases. */
import * as z from 'zod';
import { MatrixValues, Name } from '../values.ts';
import { Release, ReleaseArtifact } from './schema.ts';

const Side = Release.pick({
  id: true,
  version: true,
  tag: true,
  git_sha: true,
  manifest_hash: true,
  build_id: true,
  created_at: true,
});

const Content = ReleaseArtifact.pick({ artifact_id: true, kind: true, digest: true, size_bytes: true });

/** An artifact of both, by its service, its cell of the matrix and its name, with other bytes. */
const ChangedArtifact = z.object({
  service: Name,
  matrix: MatrixValues.optional(),
  name: z.string(),
  from: Content,
  to: Content,
});

/** One member of the manifests. Lists are compared as a whole. */
const ManifestChange = z.object({
  path: z.array(z.string()).meta({ examples: [['services', 'api', 'timeout']] }),
  change: z.enum(['added', 'removed', 'changed']),
  /** As the manifest's canonical form has it: without members that have their default. */
  from: z.unknown().optional(),
  to: z.unknown().optional(),
});
export type ManifestChange = z.infer<typeof ManifestChange>;

export const ReleaseDiff = z.object({
  from: Side,
  to: Side,
  commits: z.object({
    /** Null when one of the releases names no commit. */
    is_same: z.boolean().nullable(),
    /** The comparison on the git host; absent without a repository, and when nothing differs. */
    url: z.url().optional(),
  }),
  artifacts: z.object({
    added: z.array(ReleaseArtifact),
    removed: z.array(ReleaseArtifact),
    changed: z.array(ChangedArtifact),
    unchanged: z.array(ReleaseArtifact),
  }),
  manifest: z.object({
    /** Null when one of the releases is of no build. */
    is_same: z.boolean().nullable(),
    /** Null when one of the manifests is unknown or no longer stored. */
    changes: z.array(ManifestChange).nullable(),
  }),
});
export type ReleaseDiff = z.infer<typeof ReleaseDiff>;
