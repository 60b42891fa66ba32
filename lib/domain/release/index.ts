/** Releases: cut from a build or from named artifacts, and listed. A release never changes, but for being yanked. */

import { type Actor, nameOf } from '../access/actor.ts';
import * as Artifact from '../artifact/index.ts';
import type { StoredArtifact } from '../artifact/schema.ts';
import * as Build from '../builds/index.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Build as BuildValue } from '../execution/model/build.ts';
import type { Run } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import { idFrom } from '../id.ts';
import { cellName, inOrder } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { Span } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { type Chosen, record, releases } from './record.ts';
import { type CreateRelease, Release } from './schema.ts';

export { get, resolve } from './resolve.ts';
export { assertDeployable, unyank, yank } from './yank.ts';

/**
 * Freezes the artifacts of the build's newest completed run, and those that are named, under a version, a tag, or both.
 * @throws StaitheError not_found | nothing_to_release (also for too much) | artifact_not_stored | version_taken | tag_taken
 */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  input: CreateRelease,
  seed?: string,
): Promise<Release> {
  const built =
    input.build_id === undefined ? undefined : await ofBuild(ports, actor, project, input.build_id);
  const named = await namedArtifacts(ports, project, input.artifacts ?? {});
  const services = new Set(named.map(({ service }) => service));
  const artifacts = [...(built?.artifacts ?? []).filter(({ service }) => !services.has(service)), ...named];
  assertFits(artifacts);
  const now = ports.clock.now();
  const release: Release = {
    id: idFrom('release', seed ?? ports.randomness.ulid(now.getTime())),
    project_id: project.id,
    build_id: built?.build.id,
    run_id: built?.run.id,
    version: input.version,
    tag: input.tag,
    git_sha: built?.build.git_sha,
    manifest_hash: built?.run.manifest_hash,
    artifacts: artifacts
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
      .map(({ origin: _, ...artifact }) => artifact),
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  return record(ports, Release.parse(release), artifacts);
}

const orderOf = ({ service, matrix = {}, name }: Chosen): string => `${cellName(service, matrix)}\n${name}`;

/** 1,000: a release holds of each some 370 bytes, beside its cell of the matrix, in an item of 400 KB (docs: DynamoDB quotas). */
const MAX_ARTIFACTS = 1000;
/** As JSON, which takes more than an item does. Cells of long names may reach it before the count does. */
const MAX_BYTES = 380 * 1024;

function assertFits(artifacts: readonly Chosen[]): void {
  const { length } = artifacts;
  const bytes = Buffer.byteLength(JSON.stringify(artifacts));
  if (length <= MAX_ARTIFACTS && bytes <= MAX_BYTES) return;
  throw new StaitheError(
    'nothing_to_release',
    length > MAX_ARTIFACTS
      ? `The build has left ${length} artifacts; a release may have ${MAX_ARTIFACTS}.`
      : `The ${length} artifacts take ${Math.ceil(bytes / 1024)} KB of a release, with their names and matrix cells; it may have ${MAX_BYTES / 1024} KB.`,
    {
      remedy: 'Make its services pack their files into fewer artifacts, or build fewer of them (--service).',
    },
  );
}

function frozen(service: string, artifact: StoredArtifact): Chosen {
  const { id, name, kind, digest, size_bytes, origin, matrix } = artifact;
  const cell = Object.keys(matrix).length === 0 ? {} : { matrix };
  return { service, ...cell, name, artifact_id: id, kind, digest, size_bytes, origin };
}

async function ofBuild(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  project: Project,
  id: string,
): Promise<{ build: BuildValue; run: Run; artifacts: Chosen[] }> {
  const build = await Build.get(ports, actor, id);
  if (build.project_id !== project.id) throw notFound('build', id);
  const run = await newestCompleted(ports, build);
  const artifacts = await Artifact.byIds(ports, run.artifact_ids);
  // All or none: a release of what is left of a build would be of something that nobody built.
  const found = new Set(artifacts.map((artifact) => artifact.id));
  const gone = run.artifact_ids.find((artifactId) => !found.has(artifactId));
  if (gone !== undefined) throw notFound('artifact', gone);
  return {
    build,
    run,
    artifacts: artifacts
      .map(Artifact.assertStored)
      .map((artifact) => frozen(artifact.service ?? artifact.name, artifact)),
  };
}

/** @param named ids of artifacts by the services that they stand for */
async function namedArtifacts(
  ports: Pick<Ports, 'table'>,
  project: Project,
  named: Readonly<Record<string, string>>,
): Promise<Chosen[]> {
  const found = await Artifact.byIds(ports, [...new Set(Object.values(named))]);
  const byId = new Map(found.map((artifact) => [artifact.id, artifact]));
  return inOrder(named).map(([service, id]) => {
    const artifact = byId.get(id);
    if (artifact === undefined || artifact.project_id !== project.id) throw notFound('artifact', id);
    return frozen(service, Artifact.assertStored(artifact));
  });
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

export async function list(
  ports: Pick<Ports, 'table'>,
  projects: Listable<Pick<Project, 'id'>>,
  paging: Paging & Span,
): Promise<Listed<Release>> {
  const partitions = projects.map(({ id }) => Partitions.releases(id));
  return releases.newestOf(ports.table, 'release', partitions, paging, scopeOf(projects));
}
