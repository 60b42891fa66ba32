/** Creating a release that somebody asks for. */
import { type Actor, nameOf } from '../access/actor.ts';
import { assertRole } from '../access/authorize.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { namedArtifacts } from './artifacts.ts';
import { builtBy, newestBuild } from './build.ts';
import { type Draft, drafted } from './draft.ts';
import { highestVersion } from './entries.ts';
import { namedImages } from './images.ts';
import { ensureEntries } from './indexed.ts';
import { record } from './record.ts';
import type { CreateRelease, Release } from './schema.ts';
import { type Bump, nextVersion } from './version.ts';

type CreatePorts = Pick<Ports, 'table' | 'blobs' | 'images' | 'clock' | 'randomness'>;

/**
 * Freezes the artifacts of the build's newest completed run, and those that are named; when nothing is named, those of the
 * project's newest completed build.
 * @throws StaitheError not_found | role_too_low | nothing_to_release (also for too much) | artifact_not_stored |
 *   image_unknown | registry_unavailable | registry_refused | version_taken | tag_taken
 */
export async function create(
  ports: CreatePorts,
  actor: Actor,
  project: Project,
  input: CreateRelease,
  seed?: string,
): Promise<Release> {
  if (input.hotfix === true) assertRole(actor, 'deployer', { project_id: project.id, project: project.slug });
  const now = ports.clock.now();
  const id = idFrom('release', seed ?? ports.randomness.ulid(now.getTime()));
  const isNamed = input.artifacts !== undefined || input.image_digests !== undefined;
  const buildId = input.build_id ?? (isNamed ? undefined : await newestBuild(ports, project));
  const [built, files, images] = await Promise.all([
    buildId === undefined ? undefined : builtBy(ports, actor, project, buildId),
    namedArtifacts(ports, project, input.artifacts ?? {}),
    namedImages(ports, project, input.image_digests ?? {}, { release: id, now, by: nameOf(actor) }),
  ]);
  const draft = await drafted(ports, { id, at: now, actor, project }, { built, files, images }, input);
  if (input.bump === undefined) return record(ports, draft.release, draft.content);
  return recordNext(ports, draft, input.bump);
}

/** With n creators at once the slowest needs n tries; more than ten at the same moment are told to try again. */
const BUMP_TRIES = 10;

/** Takes the next version; when another release has taken it meanwhile, the one after. @throws StaitheError version_taken */
async function recordNext(ports: CreatePorts, { release, content }: Draft, bump: Bump): Promise<Release> {
  await ensureEntries(ports, release.project_id);
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const newest = await highestVersion(ports.table, release.project_id);
    const version = nextVersion(newest, bump);
    if (version === undefined)
      throw new StaitheError('version_taken', `There is no ${bump} version after ${newest}.`);
    if (version === before)
      throw new StaitheError(
        'version_taken',
        `The next ${bump} version after ${newest ?? '0.0.0'} is ${version}, which is the tag of a release.`,
        { remedy: 'Specify the version.' },
      );
    try {
      return await record(ports, { ...release, version }, content);
    } catch (error) {
      const isTaken = error instanceof StaitheError && error.code === 'version_taken';
      if (!isTaken) throw error;
      if (attempt === BUMP_TRIES)
        throw new StaitheError('version_taken', `${BUMP_TRIES} versions in a row were taken by others.`, {
          remedy: 'Send the request again.',
        });
      before = version;
    }
  }
}
