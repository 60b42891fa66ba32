/** What a request deploys: a release, or what there is one release of. */
import * as z from 'zod';
import { Id } from '../id.ts';
import * as Release from '../release/candidate.ts';
import { resolve } from '../release/resolve.ts';
import { ImageDigest, namedBy, RELEASE_MAX_NAMED, ReleaseRef } from '../release/schema.ts';
import { Digest, ShortGitSha } from '../values.ts';
import { reason } from './schema.ts';

/** The forms in which a request can say it: exactly one. */
const FORMS = ['release', 'git_sha', 'artifacts', 'images'] as const;

const WHAT = {
  release: ReleaseRef.optional(),
  /** With `manifest_hash`: the release that was made of both. */
  git_sha: ShortGitSha.optional(),
  manifest_hash: Digest.optional(),
  /** Creates the release of the build where there is none: of `git_sha`, or alone of the newest completed build. */
  direct: z.boolean().optional(),
  /** Ids or digests: the release that holds just these, which is created where there is none. */
  artifacts: z
    .array(z.union([Id.artifact, Digest]))
    .min(1)
    .max(RELEASE_MAX_NAMED)
    .optional()
    .meta({ examples: [['art_01JZX3V5N8Q2R4T6W8Y0A1B2C3']] }),
  /** By service: the same of images in the registry of the installation. */
  images: namedBy(ImageDigest, 'an image')
    .refine(
      (named) => Object.keys(named).length <= RELEASE_MAX_NAMED,
      `may name ${RELEASE_MAX_NAMED} services`,
    )
    .optional()
    .meta({ examples: [{ web: `sha256:${'9f86d081'.repeat(8)}` }] }),
};

type What = z.infer<z.ZodObject<typeof WHAT>>;

function checkForms(asked: What, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const [form, other] = FORMS.filter((name) => asked[name] !== undefined);
  if (other !== undefined) refuse(other, `must not be specified together with ${form}`);
  if (form === undefined && asked.direct !== true)
    refuse('release', `must be specified, or ${FORMS.slice(1).join(', ')} or direct instead`);
  if (asked.direct !== undefined && form !== undefined && form !== 'git_sha')
    refuse('direct', `has no effect together with ${form}`);
  const hasSha = asked.git_sha !== undefined;
  if (hasSha !== (asked.manifest_hash !== undefined))
    refuse(
      hasSha ? 'manifest_hash' : 'git_sha',
      `must be specified together with ${hasSha ? 'git_sha' : 'manifest_hash'}`,
    );
}

const EXAMPLES = { examples: [{ release: 'v0.1.0' }] };

export const CreateDeployment = z
  .strictObject({
    ...WHAT,
    reason: reason.optional(),
    /** Deploys in a freeze too, for this reason. */
    override_freeze: reason.optional(),
  })
  .superRefine(checkForms)
  .meta(EXAMPLES);
export type CreateDeployment = z.infer<typeof CreateDeployment>;

export const PlanDeployment = z
  .strictObject({ ...WHAT, override_freeze: reason.optional() })
  .superRefine(checkForms)
  .meta(EXAMPLES);
export type PlanDeployment = z.infer<typeof PlanDeployment>;

/**
 * The release that is asked for; nothing is created yet.
 * @param service of the environment
 * @throws StaitheError not_found | commit_ambiguous | service_unknown | nothing_to_release | artifact_not_stored |
 *   image_unknown | registry_unavailable | registry_refused
 */
export async function releaseAsked(
  ports: Release.CandidatePorts,
  context: Release.Context,
  { release, git_sha: sha, manifest_hash: manifestHash, direct = false, artifacts, images }: What,
  service: () => Promise<string | undefined>,
): Promise<Release.Candidate> {
  const { actor, project } = context;
  if (release !== undefined) return Release.existing(await resolve(ports, actor, project, release));
  if (sha !== undefined && manifestHash !== undefined)
    return Release.ofCommit(ports, context, { sha, manifestHash }, direct);
  if (artifacts !== undefined) return Release.ofArtifacts(ports, context, artifacts, await service());
  if (images !== undefined) return Release.ofImages(ports, context, images);
  return Release.ofBuild(ports, context);
}
