/** What the job of a deployment is told of its release: the JSON file that `STAITHE_RELEASE` names. */
import * as z from 'zod';
import { Id } from '../../id.ts';
import { Digest, GitSha, MatrixValues, Name, Timestamp } from '../../values.ts';

export const ReleaseFile = z.object({
  project_id: Id.project,
  environment: Name,
  deployment_id: Id.deployment,
  release: z.object({
    id: Id.release,
    version: z.string().optional(),
    tag: z.string().optional(),
    git_sha: GitSha.optional(),
    manifest_hash: Digest.optional(),
    created_at: Timestamp,
  }),
  /** What is deployed: the service, and the digest of its artifact. */
  service: Name,
  digest: Digest,
  /** All that the release has. */
  artifacts: z.array(
    z.object({
      service: Name,
      matrix: MatrixValues.optional(),
      name: z.string(),
      artifact_id: Id.artifact,
      kind: z.enum(['file', 'image']),
      digest: Digest,
      size_bytes: z.int().min(0),
      /** Of an image: `host/repository@sha256:…`. */
      image: z.string().optional(),
    }),
  ),
  /** The image of each service that has one, for tools that take a value a name. */
  images: z.record(Name, z.string()),
});
export type ReleaseFile = z.infer<typeof ReleaseFile>;
