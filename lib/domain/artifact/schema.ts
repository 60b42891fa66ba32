import * as z from 'zod';
import { Id } from '../id.ts';
import { Digest, MatrixValues, Name, Timestamp } from '../values.ts';

/** Where a container image lies. The digest is the manifest's (or the index's), as the registry gives it. */
export const ArtifactImage = z.object({
  /** `host/repository@sha256:…`: what a runtime pulls. */
  ref: z.string().meta({ examples: [`registry.example.com/hello/web@sha256:${'0'.repeat(64)}`] }),
  tags: z.array(z.string()),
  /** The installation's own registry, or one of the project's; absent on images of an older version. */
  registry: z.enum(['native', 'own']).optional(),
  /** `os/architecture[/variant]`, as OCI writes it. */
  platforms: z.array(z.string()).meta({ examples: [['linux/arm64']] }),
  media_type: z.string().meta({ examples: ['application/vnd.oci.image.manifest.v1+json'] }),
});
export type ArtifactImage = z.infer<typeof ArtifactImage>;

/**
 * `pending`: announced, no bytes yet. `verifying`: all bytes are here and are being read. `rejected`: they were not
 * what was declared, and are gone. Only `stored` is on lists and in releases.
 */
export const ArtifactStatus = z.enum(['pending', 'verifying', 'stored', 'rejected']);
export type ArtifactStatus = z.infer<typeof ArtifactStatus>;

/** What a job produced or a user uploaded. The digest is its identity; the bytes never change. */
export const Artifact = z.object({
  id: Id.artifact,
  project_id: Id.project,
  /**
   * `registry`: an image that a release was created from by its digest. Items that are older than uploads say nothing and
   * are of builds.
   */
  origin: z.enum(['build', 'upload', 'registry']).default('build'),
  /** The job that made it; absent on uploads. */
  build_id: Id.build.optional(),
  run_id: Id.run.optional(),
  job_id: Id.job.optional(),
  service: Name.optional(),
  /** The cell of the job's matrix; of a job without one, and of an upload, it has no values. */
  matrix: MatrixValues.default({}),
  name: z.string().meta({ examples: ['hello.zip'] }),
  kind: z.enum(['file', 'image']),
  image: ArtifactImage.optional(),
  content_type: z.string().meta({ examples: ['application/zip'] }),
  /** Absent as long as nobody has said or counted it; never on what is stored. */
  size_bytes: z.int().min(0).optional(),
  /** Absent as long as nobody has said or computed it; never on what is stored. */
  digest: Digest.optional(),
  status: ArtifactStatus,
  /** Why it was rejected. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  created_at: Timestamp,
  stored_at: Timestamp.optional(),
  /** Who uploaded it, or released it by its digest; absent on what a job made. */
  created_by: z.string().optional(),
});
export type Artifact = z.infer<typeof Artifact>;

/** An artifact whose bytes are in place. */
export type StoredArtifact = Artifact & {
  readonly status: 'stored';
  readonly digest: string;
  readonly size_bytes: number;
};

export function isStored(artifact: Artifact): artifact is StoredArtifact {
  return artifact.status === 'stored' && artifact.digest !== undefined && artifact.size_bytes !== undefined;
}
