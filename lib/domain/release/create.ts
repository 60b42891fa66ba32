/** Creating a release: what it holds is chosen, looked at, and frozen. */
import { type Actor, nameOf } from '../access/actor.ts';
import { assertRole } from '../access/authorize.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { namedArtifacts } from './artifacts.ts';
import { builtBy, newestBuild } from './build.ts';
import { highestVersion } from './entries.ts';
import { namedImages } from './images.ts';
import { ensureEntries } from './indexed.ts';
import { assertPresent } from './present.ts';
import { type Chosen, record } from './record.ts';
import { type CreateRelease, Release } from './schema.ts';
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
  const named = [...files, ...images.map(({ chosen }) => chosen)];
  const services = new Set(named.map(({ service }) => service));
  const artifacts = [...(built?.artifacts ?? []).filter(({ service }) => !services.has(service)), ...named];
  assertFits(artifacts, input.notes);
  // The images that are named by their digests were found in the registry a moment ago.
  await assertPresent(
    ports,
    project,
    artifacts.filter(({ origin }) => origin !== 'registry'),
  );
  const release: Release = {
    id,
    project_id: project.id,
    build_id: built?.build.id,
    run_id: built?.run.id,
    version: input.version,
    tag: input.tag,
    notes: input.notes,
    hotfix: input.hotfix ?? false,
    git_sha: built?.build.git_sha,
    manifest_hash: built?.run.manifest_hash,
    artifacts: artifacts
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
      .map(({ origin: _, image: __, ...artifact }) => artifact),
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  const content = { chosen: artifacts, images: images.map(({ artifact }) => artifact) };
  if (input.bump === undefined) return record(ports, Release.parse(release), content);
  return recordNext(ports, Release.parse(release), content, input.bump);
}

const orderOf = ({ service, matrix = {}, name }: Chosen): string => `${cellName(service, matrix)}\n${name}`;

/** With n creators at once the slowest needs n tries; more than ten at the same moment are told to try again. */
const BUMP_TRIES = 10;

/** Takes the next version; when another release has taken it meanwhile, the one after. @throws StaitheError version_taken */
async function recordNext(
  ports: CreatePorts,
  release: Release,
  content: Parameters<typeof record>[2],
  bump: Bump,
): Promise<Release> {
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

/** 1,000: a release holds of each some 370 bytes, beside its cell of the matrix, in an item of 400 KB (docs: DynamoDB quotas). */
const MAX_ARTIFACTS = 1000;
/** As JSON, which takes more than an item does. Cells of long names may reach it before the count does. */
const MAX_BYTES = 380 * 1024;

function assertFits(artifacts: readonly Chosen[], notes: string | undefined): void {
  const { length } = artifacts;
  const bytes = Buffer.byteLength(JSON.stringify([artifacts, notes]));
  if (length > 0 && length <= MAX_ARTIFACTS && bytes <= MAX_BYTES) return;
  if (length === 0) throw new StaitheError('nothing_to_release', 'The build has left no artifacts.');
  throw new StaitheError(
    'nothing_to_release',
    length > MAX_ARTIFACTS
      ? `The build has left ${length} artifacts; a release may have ${MAX_ARTIFACTS}.`
      : `The ${length} artifacts take ${Math.ceil(bytes / 1024)} KB of a release, with their names, matrix cells and the notes; it may have ${MAX_BYTES / 1024} KB.`,
    {
      remedy: 'Make its services pack their files into fewer artifacts, or build fewer of them (--service).',
    },
  );
}
