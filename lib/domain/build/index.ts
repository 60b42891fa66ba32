/** Builds: record what to build, and list it. Running it is the business of `run`. */

import { type Actor, nameOf } from '../access/actor.ts';
import { readVisible } from '../access/visible.ts';
import { notFound } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import * as Run from '../run/index.ts';
import { runs } from '../run/record.ts';
import type { Run as RunValue } from '../run/schema.ts';
import * as Source from '../source/index.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type BuildRecord, builds } from './record.ts';
import type { Build, BuildWithRun, CreateBuild } from './schema.ts';

/**
 * Records a build and starts its first run. Build and run are two writes at once and no transaction. Of a crash before
 * the answer may be left a run without its build, which is on no list, or a build without its run, which can be run.
 * @param seed a ULID that a repeat of the same request has too, so that it makes no second build
 * @throws StaitheError not_found | source_not_uploaded | source_mismatch
 */
export async function create(
  ports: Pick<Ports, 'table' | 'blobs' | 'workflows' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  input: CreateBuild,
  seed?: string,
): Promise<BuildWithRun> {
  const source = await Source.requireStored(ports, actor, project, input.source_id);
  const now = ports.clock.now();
  const ulid = seed ?? ports.randomness.ulid(now.getTime());
  const build: Build = {
    id: idFrom('build', ulid),
    project_id: project.id,
    source_id: source.id,
    git_sha: input.git_sha ?? source.git?.sha,
    git_ref: input.git_ref ?? source.git?.ref,
    manifest_hash: input.manifest_hash,
    services: input.services && [...new Set(input.services)].sort(),
    inputs: input.inputs,
    features: [...new Set(input.features)].sort(),
    matrix: input.matrix,
    max_parallel: input.max_parallel,
    fail_fast: input.fail_fast,
    timeout_seconds: input.timeout_seconds,
    trust: input.trust,
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  if (!input.start) return { ...(await record(ports, build)), latest_run: null };
  const run: RunValue = {
    ...Run.first(build, idFrom('run', ulid), now, nameOf(actor)),
    force_rebuild: input.force_rebuild,
  };
  const [kept, keptRun] = await Promise.all([
    record(ports, { ...build, latest_run_id: run.id }),
    Run.record(ports, run),
  ]);
  return { ...kept, latest_run: await Run.start(ports, keptRun) };
}

/** The repeat of a request has the same id and finds its own build. */
async function record(ports: Pick<Ports, 'table'>, build: BuildRecord): Promise<BuildRecord> {
  try {
    return (await builds.create(ports.table, build)).value;
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.existing === undefined) throw error;
    return builds.read(error.existing).value;
  }
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<BuildRecord> {
  return readVisible(ports.table, builds, Keys.build, actor, id);
}

/** The build with its newest run. @throws StaitheError not_found */
export async function show(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<BuildWithRun> {
  const build = await get(ports, actor, id);
  return { ...build, latest_run: (await latestRun(ports, build)) ?? null };
}

async function latestRun(ports: Pick<Ports, 'table'>, build: BuildRecord): Promise<RunValue | undefined> {
  if (build.latest_run_id === undefined) return undefined;
  return (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
}

export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Build>> {
  return builds.list(ports.table, Partitions.builds(project.id), paging);
}

/**
 * A run of the build: the one that is named, or the newest.
 * @throws StaitheError not_found, also for a run of another build
 */
export async function runOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  buildId: string,
  runId?: string,
): Promise<RunValue | undefined> {
  const build = await get(ports, actor, buildId);
  if (runId === undefined) return latestRun(ports, build);
  const run = await Run.get(ports, actor, runId);
  if (run.build_id !== build.id) throw notFound('run', runId);
  return run;
}
