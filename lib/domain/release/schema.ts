import * as z from 'zod';
import { Id } from '../id.ts';
import { text } from '../text.ts';
import { Digest, GitSha, MatrixValues, Name, Timestamp } from '../values.ts';
import { Bump, rangeOf, Version } from './version.ts';

export { BUMPS, VersionRange } from './version.ts';

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

/** Why a release is not to be deployed any more. */
export const YankReason = text(1000)
  .min(1)
  .refine((reason) => reason.trim() !== '', 'must not be blank')
  .meta({ examples: ['Loses orders with more than 99 items.'] });

/** A frozen, deployable set of artifact digests, of a build or of uploads. It never changes, but for being yanked. */
export const Release = z.object({
  id: Id.release,
  project_id: Id.project,
  /** The build and its run; absent when all artifacts were named. */
  build_id: Id.build.optional(),
  run_id: Id.run.optional(),
  /** What an older version took may have larger numbers than `Version` allows. */
  version: z
    .string()
    .optional()
    .meta({ examples: ['0.1.0'] }),
  tag: Tag.optional(),
  /** Markdown. */
  notes: z.string().optional(),
  /** May be deployed while the project's promotions are stopped. */
  hotfix: z.boolean().default(false),
  git_sha: GitSha.optional(),
  /** Of the run; absent when all artifacts were named. */
  manifest_hash: Digest.optional(),
  artifacts: z.array(ReleaseArtifact).min(1),
  /** Absent unless it is yanked: then it is deployed no more, and neither `latest` nor a range resolves to it. */
  yanked: z.object({ reason: z.string(), at: Timestamp, by: z.string() }).optional(),
  created_at: Timestamp,
  created_by: z.string(),
});
export type Release = z.infer<typeof Release>;

export const YankRelease = z.strictObject({ reason: YankReason });
export type YankRelease = z.infer<typeof YankRelease>;

/** 50: as many services as a manifest may have, and each may take a write of the release's transaction of 100. */
export const RELEASE_MAX_NAMED = 50;

/** 10,000 characters: four pages, which is what people read; a changelog of a year is better a link. */
const Notes = text(10_000)
  .min(1)
  .meta({ examples: ['Orders with more than 99 items are kept.'] });

/** In the repository of the service, or in another one of the project. */
export const ImageDigest = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?@)?sha256:[0-9a-f]{64}$/,
    'must be sha256: and 64 lower-case hex digits, with the name of a repository and @ before it if that is not the name of the service',
  )
  .meta({ examples: [`sha256:${'9f86d081'.repeat(8)}`] });

export const namedBy = <Value extends z.ZodType<string>>(value: Value, what: string) =>
  z.record(Name, value).refine((named) => Object.keys(named).length > 0, `must name ${what}`);

/**
 * From a build, from artifacts or images that are named for their services, or of both: a named one stands for those of the
 * build. When nothing is named, from the newest completed build.
 */
export const CreateRelease = z
  .strictObject({
    build_id: Id.build.optional(),
    artifacts: namedBy(Id.artifact, 'an artifact')
      .optional()
      .meta({ examples: [{ api: 'art_01JZX3V5N8Q2R4T6W8Y0A1B2C3' }] }),
    image_digests: namedBy(ImageDigest, 'an image')
      .optional()
      .meta({ examples: [{ web: `sha256:${'9f86d081'.repeat(8)}` }] }),
    version: Version.optional(),
    bump: Bump.optional(),
    tag: Tag.optional(),
    notes: Notes.optional(),
    hotfix: z.boolean().optional(),
  })
  .refine(({ version, bump }) => version === undefined || bump === undefined, {
    message: 'must not be specified together with version',
    path: ['bump'],
  })
  .superRefine(({ artifacts = {}, image_digests = {} }, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const services = Object.keys(image_digests);
    for (const service of services.filter((name) => Object.hasOwn(artifacts, name)))
      refuse(['image_digests', service], 'must not be a service that artifacts names too');
    if (Object.keys(artifacts).length + services.length > RELEASE_MAX_NAMED)
      refuse(
        [services.length === 0 ? 'artifacts' : 'image_digests'],
        `may name ${RELEASE_MAX_NAMED} services, with artifacts and images together`,
      );
  })
  .meta({
    examples: [
      {
        build_id: 'bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
        version: '0.1.0',
        tag: 'v0.1.0',
        notes: 'Orders with more than 99 items are kept.',
      },
    ],
  });
export type CreateRelease = z.infer<typeof CreateRelease>;

/** A whole tag, or what tags begin with and `*`. */
export const TagPattern = z
  .string()
  .regex(/^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?\*?$/, 'must be a tag, or what it begins with and *')
  .min(1)
  .meta({ examples: ['v1.*'] });

/** A release in a path or a request: its id, its version, its tag, `latest`, or a range of versions. */
export const ReleaseRef = z
  .string()
  .refine(
    (ref) => Tag.safeParse(ref).success || isKept(ref) || rangeOf(ref) !== undefined,
    'must be the id of a release, a version, a tag, latest, or a range of versions such as ^1.2',
  )
  .meta({ examples: ['v0.1.0'] });

/** What no tag may be, as it has a meaning of its own. */
const isKept = (ref: string): boolean =>
  ref === 'latest' || Id.release.safeParse(ref).success || Version.safeParse(ref).success;
