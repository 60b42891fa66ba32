import * as z from 'zod';
import { Id } from '../id.ts';
import { Digest, GitSha, MatrixValues, Name, Timestamp } from '../values.ts';

/** Semantic Versioning 2.0.0 (semver.org), the grammar's own regular expression. */
export const Version = z
  .string()
  .max(100)
  .regex(
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/,
    'must be a semantic version such as 1.2.3',
  )
  .meta({ examples: ['0.1.0'] });

/** What container registries and git both take as a tag. `latest` and ids are kept for resolving. */
export const Tag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 letters, digits, _ . -')
  .refine((tag) => tag !== 'latest' && !tag.startsWith('rel_'), 'must not be latest or begin with rel_')
  .meta({ examples: ['v0.1.0'] });

/** One artifact inside a release, frozen by digest. */
export const ReleaseArtifact = z.object({
  service: Name,
  /** The cell of the matrix that it was built in; absent when there is none. */
  matrix: MatrixValues.optional(),
  name: z.string(),
  artifact_id: Id.artifact,
  kind: z.enum(['file', 'image']),
  digest: Digest,
  size_bytes: z.int().min(0),
});
export type ReleaseArtifact = z.infer<typeof ReleaseArtifact>;

/** A frozen, deployable set of artifact digests, of a build or of uploads. */
export const Release = z.object({
  id: Id.release,
  project_id: Id.project,
  /** The build and its run; absent when all artifacts were named. */
  build_id: Id.build.optional(),
  run_id: Id.run.optional(),
  version: Version.optional(),
  tag: Tag.optional(),
  git_sha: GitSha.optional(),
  /** Of the run; absent when all artifacts were named. */
  manifest_hash: Digest.optional(),
  artifacts: z.array(ReleaseArtifact).min(1),
  created_at: Timestamp,
  created_by: z.string(),
});
export type Release = z.infer<typeof Release>;

/** 50: as many services as a manifest may have, and each may take a write of the release's transaction of 100. */
const RELEASE_MAX_NAMED = 50;

/** From a build, from artifacts that are named for their services, or both: a named one stands for those of the build. */
export const CreateRelease = z
  .strictObject({
    build_id: Id.build.optional(),
    artifacts: z
      .record(Name, Id.artifact)
      .refine((named) => Object.keys(named).length > 0, 'must name an artifact')
      .refine(
        (named) => Object.keys(named).length <= RELEASE_MAX_NAMED,
        `may name ${RELEASE_MAX_NAMED} artifacts`,
      )
      .optional()
      .meta({ examples: [{ api: 'art_01JZX3V5N8Q2R4T6W8Y0A1B2C3' }] }),
    version: Version.optional(),
    tag: Tag.optional(),
  })
  .refine((release) => release.build_id !== undefined || release.artifacts !== undefined, {
    message: 'must name a build, artifacts, or both',
    path: ['build_id'],
  })
  .refine((release) => release.version !== undefined || release.tag !== undefined, {
    message: 'must name a version, a tag, or both',
    path: ['version'],
  });
export type CreateRelease = z.infer<typeof CreateRelease>;

/** A release in a path: its id, its tag, its version, or `latest`. */
export const ReleaseRef = z
  .union([z.literal('latest'), Id.release, Version, Tag])
  .meta({ examples: ['v0.1.0'] });
