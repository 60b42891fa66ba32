/** Builds: record what to build, and list it. Running it is the business of `run`. */

import { type Actor, nameOf } from '../access/actor.ts';
import { hasRole } from '../access/authorize.ts';
import { notFound } from '../error.ts';
import { recordAndStart } from '../execution/begin.ts';
import type { Build } from '../execution/model/build.ts';
import { type BuildRecord, builds } from '../execution/model/build-record.ts';
import type { Run as RunValue } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import type { PlanPorts } from '../execution/plan/index.ts';
import * as Run from '../execution/runs.ts';
import { idFrom, ulidOf } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Key, type Write } from '../ports/table.ts';
import { createContent } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import * as Source from '../source/index.ts';
import { Keys } from '../storage/keys.ts';
import { readVisible, requireVisible } from '../storage/visible.ts';
import type { BuildWithRun, CreateBuild } from './schema.ts';

export { type BuildFilter, list } from './list.ts';

/**
 * Records a build and starts its first run; when an earlier run made just this, the run has ended with its artifacts.
 * @param seed a ULID that a repeat of the same request has too, so that it makes no second build
 * @throws StaitheError not_found | source_not_uploaded | source_mismatch | workflow_refused
 */
export async function create(
  ports: PlanPorts & Pick<Ports, 'blobs'>,
  actor: Actor,
  project: Project,
  input: CreateBuild & Pick<Build, 'pushed_at'>,
  seed?: string,
): Promise<BuildWithRun> {
  const source = await Source.requireUploaded(ports, actor, project, input.source_id);
  const now = ports.clock.now();
  const ulid = seed ?? ports.randomness.ulid(now.getTime());
  const { start, force_rebuild, ...asked } = input;
  const build: Build = {
    ...asked,
    id: idFrom('build', ulid),
    project_id: project.id,
    git_sha: input.git_sha ?? source.git?.sha,
    git_ref: input.git_ref ?? source.git?.ref,
    services: input.services && [...new Set(input.services)].sort(),
    features: [...new Set(input.features)].sort(),
    ...(hasRole(actor, 'admin', { project_id: project.id }) && { may_set_environments: true }),
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  const run: RunValue | undefined = start
    ? {
        ...Run.newRun(build, project, { id: idFrom('run', ulid), now, createdBy: nameOf(actor) }),
        force_rebuild,
      }
    : undefined;
  const recorded: BuildRecord = { ...build, latest_run_id: run?.id };
  const record = (writes: readonly Write[]) =>
    createContent(ports, project, [builds.creation(recorded), ...writes]);
  try {
    if (run === undefined) await record([]);
    const latest_run =
      run === undefined ? null : await recordAndStart(ports, { project, build, source, run, record });
    return { ...recorded, latest_run };
  } catch (error) {
    // The repeat of a request finds its own build, and the run as it stands by now.
    if (!(error instanceof ConditionFailed) || error.existing?.id !== build.id) throw error;
    const kept = builds.read(error.existing).value;
    return { ...kept, latest_run: (await latestRun(ports, kept)) ?? null };
  }
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<BuildRecord> {
  return readVisible(ports.table, builds, Keys.build, actor, id);
}

/**
 * The build with its newest run. Mostly that is its first, which has the same ULID and so can be read with it.
 * @throws StaitheError not_found
 */
export async function show(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<BuildWithRun> {
  const [key, first] = [Keys.build(id), Keys.run(idFrom('run', ulidOf(id)))];
  const items = await ports.table.getMany([key, first]);
  const itemAt = ({ pk }: Key) => items.find((item) => item.pk === pk);
  const found = itemAt(key);
  const build = requireVisible(found && builds.read(found).value, builds, actor, id);
  const run = itemAt(first);
  const isNewest = run !== undefined && run.id === build.latest_run_id;
  return { ...build, latest_run: (isNewest ? runs.read(run).value : await latestRun(ports, build)) ?? null };
}

async function latestRun(ports: Pick<Ports, 'table'>, build: BuildRecord): Promise<RunValue | undefined> {
  if (build.latest_run_id === undefined) return undefined;
  return (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
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
