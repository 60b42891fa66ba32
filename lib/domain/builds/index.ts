/** Builds: record what to build, and list it. Running it is the business of `run`. */

import { type Actor, nameOf } from '../access/actor.ts';
import { readVisible, requireVisible } from '../access/visible.ts';
import { notFound } from '../error.ts';
import { type BuildRecord, builds } from '../execution/model/build-record.ts';
import type { Run as RunValue } from '../execution/model/run.ts';
import { runs } from '../execution/model/run-record.ts';
import * as Reuse from '../execution/plan/reuse.ts';
import { untagged } from '../execution/plan/reuse-images.ts';
import * as Run from '../execution/runs.ts';
import { idFrom, ulidOf } from '../id.ts';
import * as Manifests from '../manifest/synced.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Key } from '../ports/table.ts';
import { createContent } from '../project/alive.ts';
import type { Project } from '../project/schema.ts';
import * as Source from '../source/index.ts';
import type { Source as SourceValue } from '../source/schema.ts';
import { Keys } from '../storage/keys.ts';
import type { Build, BuildWithRun, CreateBuild } from './schema.ts';

export { type BuildFilter, list } from './list.ts';

/**
 * Records a build and starts its first run; when an earlier run made just this, the run has ended with its artifacts.
 * Build and run are one transaction, with the project that they are in.
 * @param seed a ULID that a repeat of the same request has too, so that it makes no second build
 * @throws StaitheError not_found | source_not_uploaded | source_mismatch
 */
export async function create(
  ports: Pick<Ports, 'table' | 'blobs' | 'workflows' | 'installation' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  input: CreateBuild,
  seed?: string,
): Promise<BuildWithRun> {
  const source = await Source.requireStored(ports, actor, project, input.source_id);
  const now = ports.clock.now();
  const ulid = seed ?? ports.randomness.ulid(now.getTime());
  const { start, force_rebuild: force, ...asked } = input;
  const build: Build = {
    ...asked,
    id: idFrom('build', ulid),
    project_id: project.id,
    git_sha: input.git_sha ?? source.git?.sha,
    git_ref: input.git_ref ?? source.git?.ref,
    services: input.services && [...new Set(input.services)].sort(),
    features: [...new Set(input.features)].sort(),
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  if (!start) return { ...(await record(ports, project, build)).build, latest_run: null };
  const first = Run.first(build, project, { id: idFrom('run', ulid), now, createdBy: nameOf(actor) });
  const known = ports.installation.reuse && !force ? await knownOf(ports, build, source) : undefined;
  const found = known && (await Reuse.find(ports, build, known));
  // Images that are to get tags get them from the plan, which has the registry at hand.
  const isWhole = found !== undefined && (await untagged(ports, build, found.artifacts)).length === 0;
  const earlier = isWhole ? found : undefined;
  const run: RunValue =
    earlier === undefined
      ? { ...first, force_rebuild: force }
      : {
          ...Run.reusing(first, earlier, now),
          manifest_hash: known?.manifestHash,
          tree_digest: known?.treeDigest,
        };
  const kept = await record(ports, project, { ...build, latest_run_id: run.id }, run);
  if (kept.run === undefined) return { ...kept.build, latest_run: null };
  await Run.supersede(ports, project, build, kept.run);
  return { ...kept.build, latest_run: await Run.start(ports, kept.run) };
}

/** What an earlier build has read of the source; undefined when none has, or when the plan has to say what is wrong. */
async function knownOf(
  ports: Pick<Ports, 'table'>,
  build: Build,
  source: SourceValue,
): Promise<Reuse.Known | undefined> {
  const { tree_digest: treeDigest, tree_manifest_hash: own } = source;
  if (treeDigest === undefined || own === undefined) return undefined;
  const manifestHash = own ?? (await Manifests.latestHash(ports, build.project_id));
  const named = build.manifest_hash ?? manifestHash;
  return manifestHash === undefined || named !== manifestHash ? undefined : { treeDigest, manifestHash };
}

/** @returns both as they are kept: the repeat of a request has the same ids and finds its own, as they stand by now */
async function record(
  ports: Pick<Ports, 'table' | 'clock'>,
  project: Project,
  build: BuildRecord,
  run?: RunValue,
): Promise<{ build: BuildRecord; run?: RunValue | undefined }> {
  const writes = [builds.creation(build), ...(run === undefined ? [] : [runs.creation(run)])];
  try {
    await createContent(ports, project, writes);
    return { build, run };
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.index > 0 || error.existing === undefined) throw error;
    const kept = builds.read(error.existing).value;
    return { build: kept, run: run && (await runs.get(ports.table, Keys.run(run.id)))?.value };
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
  const build = requireVisible(found && builds.read(found).value, builds.kind, actor, id);
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
