/** A release by what it holds: the one that there is, or one that a deployment makes. */
import { type Actor, nameOf } from '../access/actor.ts';
import { assertRole } from '../access/authorize.ts';
import * as Artifact from '../artifact/index.ts';
import type { Artifact as ArtifactValue, StoredArtifact } from '../artifact/schema.ts';
import { notFound, StaitheError } from '../error.ts';
import { Id, idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import { Name } from '../values.ts';
import { frozen } from './artifacts.ts';
import { builtBy, newestBuild } from './build.ts';
import { buildOf, type Commit, newestOf, releaseOf } from './commit.ts';
import { contentHash } from './content.ts';
import { drafted, type Parts } from './draft.ts';
import { newestOfContent } from './entries.ts';
import { namedImages } from './images.ts';
import { ensureEntries } from './indexed.ts';
import { originOf, record, releases } from './record.ts';
import type { Release } from './schema.ts';

export type CandidatePorts = Pick<Ports, 'table' | 'blobs' | 'images' | 'clock' | 'randomness'>;

export interface Candidate {
  readonly release: Release;
  /** Artifacts that come to be with it, which the table does not have yet. */
  readonly artifacts: readonly ArtifactValue[];
  /** Creates it; many who do at once get one. Absent where it is there. @throws StaitheError role_too_low */
  readonly record?: () => Promise<Release>;
}

/** Who deploys, and the id that a new release would have. */
export interface Context {
  readonly actor: Actor;
  readonly project: Project;
  readonly seed?: string | undefined;
}

export const existing = (release: Release): Candidate => ({ release, artifacts: [] });

function newRelease(ports: CandidatePorts, { actor, project, seed }: Context) {
  const at = ports.clock.now();
  return { id: idFrom('release', seed ?? ports.randomness.ulid(at.getTime())), at, actor, project };
}

/** @param madeOf of what there is to be one such release */
async function draftOf(
  ports: CandidatePorts,
  context: ReturnType<typeof newRelease>,
  parts: Parts,
  madeOf?: string,
): Promise<Candidate> {
  const { release, content } = await drafted(ports, context, parts);
  const { project, actor } = context;
  return {
    release,
    artifacts: content.images,
    record: async () => {
      // As createRelease requires: whoever may only deploy deploys what others have released.
      assertRole(actor, 'developer', { project_id: project.id, project: project.slug });
      return record(ports, release, { ...content, madeOf: madeOf ?? contentHash(release.artifacts) });
    },
  };
}

/** The newest release that holds just these artifacts. */
async function ofContent(
  ports: CandidatePorts,
  { id }: Project,
  held: Parameters<typeof contentHash>[0],
): Promise<Candidate | undefined> {
  const hash = contentHash(held);
  const find = async () => {
    const found = await newestOfContent(ports.table, id, hash);
    return found === undefined ? undefined : releases.get(ports.table, Keys.release(found));
  };
  let found = await find();
  if (found === undefined) {
    await ensureEntries(ports, id);
    found = await find();
  }
  return found && existing(found.value);
}

/**
 * @param refs ids or digests
 * @param service of the environment: what a single upload stands for
 * @throws StaitheError not_found | service_unknown | as createRelease
 */
export async function ofArtifacts(
  ports: CandidatePorts,
  context: Context,
  refs: readonly string[],
  service: string | undefined,
): Promise<Candidate> {
  const { project } = context;
  const all = await Promise.all(refs.map((ref) => artifactOf(ports, project, ref)));
  const named = [...new Map(all.map((artifact) => [artifact.id, artifact])).values()];
  const files = named.map((artifact) =>
    frozen(serviceOf(artifact, named.length === 1 ? service : undefined), artifact),
  );
  return (await ofContent(ports, project, files)) ?? draftOf(ports, newRelease(ports, context), { files });
}

async function artifactOf(ports: CandidatePorts, project: Project, ref: string): Promise<StoredArtifact> {
  const [found] = Id.artifact.safeParse(ref).success
    ? await Artifact.byIds(ports, [ref])
    : [await Artifact.ofDigest(ports, project, ref)];
  if (found === undefined || found.project_id !== project.id) throw notFound('artifact', ref);
  return Artifact.assertStored(found);
}

/** Of a build the service that was built; of an upload, which has none, the environment's, or how its name begins. */
function serviceOf({ id, name, service: built }: StoredArtifact, service: string | undefined): string {
  const stem = Name.safeParse(name.split('.')[0]).data;
  const found = built ?? service ?? stem;
  if (found !== undefined) return found;
  throw new StaitheError(
    'service_unknown',
    `Artifact ${id} (${name}) was uploaded for no service, and its name does not begin with the name of one.`,
    { remedy: `Create a release that names it: staithe release create --artifact <service>=${id}` },
  );
}

/** @param named digests by service, as createRelease takes them @throws StaitheError as createRelease */
export async function ofImages(
  ports: CandidatePorts,
  context: Context,
  named: Readonly<Record<string, string>>,
): Promise<Candidate> {
  const fresh = newRelease(ports, context);
  const { id: release, at: now } = fresh;
  const images = await namedImages(ports, context.project, named, {
    release,
    now,
    by: nameOf(context.actor),
  });
  const found = await ofContent(
    ports,
    context.project,
    images.map(({ chosen }) => chosen),
  );
  return found ?? draftOf(ports, fresh, { images });
}

/**
 * The release of a commit and a manifest.
 * @param direct makes it of the build where there is none
 * @throws StaitheError not_found | commit_ambiguous | as createRelease
 */
export async function ofCommit(
  ports: CandidatePorts,
  context: Context,
  commit: Commit,
  direct: boolean,
): Promise<Candidate> {
  const { project } = context;
  const release = await releaseOf(ports, project, commit);
  if (release !== undefined) return existing(release);
  const build = await buildOf(ports, project, commit);
  if (build !== undefined && direct) return ofBuild(ports, context, build);
  const none = `Project '${project.slug}' has no release of commit ${commit.sha} and manifest ${commit.manifestHash}`;
  throw new StaitheError(
    'not_found',
    build === undefined ? `${none}, and no completed build of them.` : `${none}; build ${build} completed.`,
    {
      remedy:
        build === undefined
          ? `Build the commit, or check both: staithe build list --project ${project.slug} --status completed`
          : `Deploy with direct, which creates the release, or create it: staithe release create --build ${build}`,
    },
  );
}

/** The release of a build, by default of the project's newest completed one. @throws StaitheError as createRelease */
export async function ofBuild(ports: CandidatePorts, context: Context, id?: string): Promise<Candidate> {
  const { actor, project } = context;
  const built = await builtBy(ports, actor, project, id ?? (await newestBuild(ports, project)));
  const origin = originOf({ git_sha: built.build.git_sha, build_id: built.build.id }) ?? built.build.id;
  const hash = contentHash(built.artifacts);
  const found = await newestOf(
    ports,
    project,
    origin,
    ({ artifacts, manifest_hash }) =>
      manifest_hash === built.run.manifest_hash && contentHash(artifacts) === hash,
  );
  if (found !== undefined) return existing(found);
  return draftOf(ports, newRelease(ports, context), { built }, `${origin}#${hash}`);
}
