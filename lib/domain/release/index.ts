/** Releases: cut from a build, resolved by id, tag, version or latest. A release never changes. */

import { type Actor, nameOf, sees } from '../access/actor.ts';
import { readVisible } from '../access/visible.ts';
import * as Artifact from '../artifact/index.ts';
import * as Build from '../build/index.ts';
import { notFound, StaitheError } from '../error.ts';
import { Id, idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item, type Key, type Write } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import { runs } from '../run/record.ts';
import type { Run } from '../run/schema.ts';
import { collection, type Listed, type Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type CreateRelease, Release } from './schema.ts';

const releases = collection({
  kind: 'release',
  schema: Release,
  key: (release) => Keys.release(release.id),
  index: (release) => ({ gsi1pk: Partitions.releases(release.project_id), gsi1sk: release.id }),
});

/**
 * Freezes the artifacts of the build's newest completed run under a version, a tag, or both.
 * @throws StaitheError not_found | nothing_to_release | version_taken | tag_taken
 */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  input: CreateRelease,
  seed?: string,
): Promise<Release> {
  const build = await Build.get(ports, actor, input.build_id);
  if (build.project_id !== project.id) throw notFound('build', input.build_id);
  const run = await newestCompleted(ports, build);
  const artifacts = await Artifact.byIds(ports, run.artifact_ids);
  const now = ports.clock.now();
  const release: Release = {
    id: idFrom('release', seed ?? ports.randomness.ulid(now.getTime())),
    project_id: project.id,
    build_id: build.id,
    run_id: run.id,
    version: input.version,
    tag: input.tag,
    git_sha: build.git_sha,
    manifest_hash: run.manifest_hash ?? '',
    artifacts: artifacts.map(Artifact.assertStored).map((artifact) => ({
      service: artifact.service ?? artifact.name,
      name: artifact.name,
      artifact_id: artifact.id,
      kind: artifact.kind,
      digest: artifact.digest,
      size_bytes: artifact.size_bytes,
    })),
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  return record(ports, Release.parse(release));
}

async function newestCompleted(
  ports: Pick<Ports, 'table'>,
  build: { id: string; latest_run_id?: string | undefined },
): Promise<Run> {
  const latest =
    build.latest_run_id === undefined
      ? undefined
      : (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
  if (latest?.status === 'completed') return latest;
  // The newest failed or is at work: one page of earlier ones is asked for a completed one.
  const page = await runs.list(ports.table, Partitions.runs(build.id), { limit: 50 });
  const completed = page.items.find((run) => run.status === 'completed');
  if (completed !== undefined) return completed;
  throw new StaitheError(
    'nothing_to_release',
    `Build ${build.id} has no completed run${latest === undefined ? '' : `; the newest is ${latest.status}`}.`,
  );
}

const claim = (key: Key, release: Release, when: Write['when']): Write => ({
  put: { ...key, entity: 'release_name', revision: 1, release_id: release.id },
  when,
});

async function record(ports: Pick<Ports, 'table'>, release: Release): Promise<Release> {
  const { id, project_id: projectId, version, tag } = release;
  const names: { write: Write; taken: () => StaitheError }[] = [];
  const claimName = (name: string, code: 'version_taken' | 'tag_taken') =>
    names.push({
      write: claim(Keys.releaseByName(projectId, name), release, { absent: true }),
      taken: () => new StaitheError(code, `There is a release with the version or tag '${name}' already.`),
    });
  if (version !== undefined) claimName(version, 'version_taken');
  if (tag !== undefined && tag !== version) claimName(tag, 'tag_taken');
  try {
    await ports.table.transact([
      ...names.map((name) => name.write),
      releases.creation(release),
      claim(Keys.latestRelease(projectId), release, { any: true }),
    ]);
    return release;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const own = await releases.get(ports.table, Keys.release(id)); // the repeat of a request whose answer was lost
    if (own !== undefined) return own.value;
    throw names[error.index]?.taken() ?? error;
  }
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Release> {
  return readVisible(ports.table, releases, Keys.release, actor, id);
}

/**
 * A release by its id, `latest`, its tag or its version. A name stands for one release for ever.
 * @throws StaitheError not_found
 */
export async function resolve(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  project: Project,
  ref: string,
): Promise<Release> {
  const id = Id.release.safeParse(ref).success ? ref : await named(ports, project, ref);
  const release = id === undefined ? undefined : (await releases.get(ports.table, Keys.release(id)))?.value;
  if (release === undefined || release.project_id !== project.id || !sees(actor, release.project_id))
    throw new StaitheError('not_found', `Project '${project.slug}' has no release '${ref}'.`);
  return release;
}

async function named(
  ports: Pick<Ports, 'table'>,
  project: Project,
  ref: string,
): Promise<string | undefined> {
  const idIn = (item: Item | undefined) =>
    typeof item?.release_id === 'string' ? item.release_id : undefined;
  if (ref === 'latest') return idIn(await ports.table.get(Keys.latestRelease(project.id)));
  return idIn(await ports.table.get(Keys.releaseByName(project.id, ref)));
}

export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Release>> {
  return releases.list(ports.table, Partitions.releases(project.id), paging);
}
