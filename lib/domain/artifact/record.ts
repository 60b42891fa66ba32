import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Artifact } from './schema.ts';

/**
 * What never arrived, and what was refused, vanishes after a week: longer than any job may run, and as long as storage
 * keeps the parts of an upload that was broken off (lib/infrastructure/storage.ts).
 */
export const UNSTORED_TTL_SECONDS = 7 * 24 * 3600;

/** An artifact as it is kept: with the name that storage has for its multipart upload. */
const ArtifactRecord = Artifact.extend({
  multipart: z.object({ upload_id: z.string(), part_size_bytes: z.int().positive() }).optional(),
});
export type ArtifactRecord = z.infer<typeof ArtifactRecord>;

export const artifacts = collection({
  kind: 'artifact',
  schema: ArtifactRecord,
  key: (artifact) => Keys.artifact(artifact.id),
  // Only what is stored is on a list.
  index: (artifact) =>
    artifact.status === 'stored'
      ? { gsi1pk: Partitions.artifacts(artifact.project_id), gsi1sk: artifact.id }
      : undefined,
  second: ({ id, project_id: projectId, origin, status, digest }) => {
    if (status === 'stored') return { gsi2pk: Partitions.artifacts(projectId), gsi2sk: `${digest}#${id}` };
    return origin === 'upload' && status !== 'rejected'
      ? { gsi2pk: Partitions.openUploads, gsi2sk: id }
      : undefined;
  },
  ttl: (artifact) =>
    artifact.status === 'stored'
      ? undefined
      : Math.floor(Date.parse(artifact.created_at) / 1000) + UNSTORED_TTL_SECONDS,
});
