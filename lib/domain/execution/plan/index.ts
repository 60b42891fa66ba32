/** The first step of the build workflow: from a source and its manifest to jobs, or to what an earlier run made of it. */
import type { Artifact } from '../../artifact/schema.ts';
import type { Build } from '../../builds/schema.ts';
import { isFinal } from '../../lifecycle.ts';
import { MAX_PARALLEL, type Manifest } from '../../manifest/schema.ts';
import type { Ports } from '../../ports/index.ts';
import { ConditionFailed } from '../../ports/table.ts';
import { sources } from '../../source/index.ts';
import type { Source } from '../../source/schema.ts';
import type { Stored } from '../../storage/collection.ts';
import { Keys } from '../../storage/keys.ts';
import { handOver, type Ticketed } from '../attempt/hand-over.ts';
import { type Dispatch, dispatchOf } from '../attempt/task.ts';
import { fail } from '../end/index.ts';
import { builds } from '../model/build-record.ts';
import { jobs } from '../model/job-record.ts';
import { DEFAULT_PARALLEL } from '../model/parallel.ts';
import { PlanFailure } from '../model/plan-failure.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import * as Queue from '../queue/index.ts';
import { reusing } from '../runs.ts';
import { createJobs } from './create-jobs.ts';
import { type Cell, expand } from './expand.ts';
import { branchOf } from './job-of.ts';
import { requireRegistrySecrets } from './registry-secrets.ts';
import * as Reuse from './reuse.ts';
import { canTag, tagImages, untagged } from './reuse-images.ts';
import { noteTree, readTree } from './tree.ts';

type PlanPorts = Pick<
  Ports,
  'table' | 'trees' | 'workflows' | 'installation' | 'imageTags' | 'clock' | 'randomness'
>;

/** What the workflow goes on with; no jobs when the run has ended. */
export interface Plan {
  readonly jobs: Dispatch[];
  readonly max_parallel: number;
}

const ENDED: Plan = { jobs: [], max_parallel: DEFAULT_PARALLEL };

/**
 * Plans a run. What is wrong with the input fails the run and ends the workflow; what is wrong with the platform is
 * thrown, and tried again. A repeat, also by the workflow that follows one that died, finds the jobs of the first time
 * and hands those that have not ended over again.
 */
export async function plan(ports: PlanPorts, runId: string): Promise<Plan> {
  const stored = await runs.get(ports.table, Keys.run(runId));
  if (stored === undefined || isFinal(LIFECYCLE, stored.value.status)) return ENDED;
  try {
    if (stored.value.status === 'building')
      return await handedOver(ports, stored.value, await reissued(ports, stored.value));
    return await begun(ports, stored);
  } catch (error) {
    if (error instanceof ConditionFailed) return plan(ports, runId); // cancelled or planned meanwhile
    if (!(error instanceof PlanFailure)) throw error;
    await fail(ports, runId, error.failure);
    return ENDED;
  }
}

async function begun(ports: PlanPorts, stored: Stored<Run>): Promise<Plan> {
  const run = stored.value;
  const inputs = await inputsOf(ports, run);
  const build = inputs.build.value;
  const source = inputs.source.value;
  const { manifest, hash: manifestHash, treeDigest, own } = await readTree(ports, build, source);
  const note = () => noteTree(ports, inputs.source, treeDigest, own);
  const read: Run = {
    ...run,
    manifest_hash: manifestHash,
    tree_digest: treeDigest,
    identity: Reuse.identityOf(build, { treeDigest, manifestHash }),
    only_branch: isBranchBound(manifest) ? (branchOf(build.git_ref) ?? '') : undefined,
    fail_fast: build.fail_fast ?? manifest.fail_fast,
    max_parallel: build.max_parallel ?? manifest.max_parallel ?? DEFAULT_PARALLEL,
  };
  const cells = expand(build, manifest);
  const reusable = ports.installation.reuse && mayReuse(run);
  if (reusable) {
    const [earlier] = await Promise.all([Reuse.find(ports, build, { treeDigest, manifestHash }), note()]);
    if (earlier !== undefined && (await takesTags(ports, build, earlier.artifacts))) {
      await runs.save(ports.table, stored, reusing(read, earlier, ports.clock.now()));
      return ENDED;
    }
  }
  const { chosen, kept } = await openCells(ports, run, cells);
  // Of a fork nothing is pushed.
  if (build.trust !== 'fork' && chosen.some(({ spec }) => spec.dockerfile !== undefined))
    await requireRegistrySecrets(ports, run.project_id, manifest.registry);
  const [ticketed] = await Promise.all([
    createJobs(ports, chosen, { run, build, source, treeDigest, manifest }),
    reusable || note(),
  ]);
  const building: Run = {
    ...read,
    status: 'building',
    stage: 'starting',
    started_at: ports.clock.now().toISOString(),
    kept_artifact_ids: kept,
    job_ids: ticketed.map(({ job }) => job.id),
  };
  try {
    await runs.save(ports.table, stored, building);
  } catch (error) {
    if (error instanceof ConditionFailed) await forgetUnnamed(ports, run.id, building.job_ids);
    throw error;
  }
  return handedOver(ports, building, ticketed);
}

/** The run was ended, or deleted with its project, while it was planned: jobs that it does not name would be nobody's. */
async function forgetUnnamed(ports: PlanPorts, runId: string, jobIds: readonly string[]): Promise<void> {
  const now = (await runs.get(ports.table, Keys.run(runId)))?.value;
  if (now !== undefined && !isFinal(LIFECYCLE, now.status)) return;
  const named = new Set(now?.job_ids);
  const unnamed = jobIds.filter((id) => !named.has(id));
  await Promise.all(unnamed.map((id) => ports.table.write({ remove: Keys.job(id), when: { any: true } })));
}

/** Whether what was built before can stand for this build: its images have this build's tags by now. */
async function takesTags(ports: PlanPorts, build: Build, made: readonly Artifact[]): Promise<boolean> {
  const images = await untagged(ports, build, made);
  return images.every(canTag) && tagImages(ports, build, images);
}

/** A rerun is asked for because somebody wants it built again. */
const mayReuse = (run: Run): boolean => !run.force_rebuild && run.retry_of === undefined;

const isBranchBound = (manifest: Manifest): boolean =>
  Object.values(manifest.services).some(({ secrets }) => secrets.some(({ branches }) => branches));

async function inputsOf(
  ports: PlanPorts,
  run: Run,
): Promise<{ build: Stored<Build>; source: Stored<Source> }> {
  const reading = builds.get(ports.table, Keys.build(run.build_id));
  // Runs of an older version do not name the source themselves.
  const sourceId = run.source_id ?? (await reading)?.value.source_id ?? '';
  const [build, source] = await Promise.all([reading, sources.get(ports.table, Keys.source(sourceId))]);
  if (build === undefined || source === undefined)
    throw new Error(`Run ${run.id} has no build or no source.`);
  return { build, source };
}

/** The cells to build: all, or, of a retry, those that the earlier run did not complete, and what it made of the others. */
async function openCells(
  ports: PlanPorts,
  run: Run,
  cells: readonly Cell[],
): Promise<{ chosen: readonly Cell[]; kept: string[] }> {
  const earlier = run.retry_of && (await runs.get(ports.table, Keys.run(run.retry_of)))?.value;
  if (!earlier) return { chosen: cells, kept: [] };
  const before = await jobs.getMany(ports.table, earlier.job_ids.map(Keys.job));
  const done = before.filter(({ status }) => status === 'completed');
  // A job of the earlier run that is not among its jobs was kept by it from a run before.
  const open = new Set(before.filter(({ status }) => status !== 'completed').map(({ name }) => name));
  const chosen = before.length === 0 ? cells : cells.filter(({ name }) => open.has(name));
  return {
    chosen,
    kept: [...earlier.kept_artifact_ids, ...done.flatMap((job) => job.artifact_ids)],
  };
}

async function reissued(ports: PlanPorts, run: Run): Promise<Ticketed[]> {
  const found = await Promise.all(run.job_ids.map((jobId) => handOver(ports, jobId)));
  return found.filter((one) => one !== undefined);
}

/** Jobs of a project with a limit take their places in its queue; those that get none yet wait for their turn. */
async function handedOver(ports: PlanPorts, run: Run, ticketed: readonly Ticketed[]): Promise<Plan> {
  const places = ticketed.map(({ job }) => ({ job_id: job.id, run_id: run.id }));
  const working =
    run.job_limit === undefined || places.length === 0
      ? undefined
      : await Queue.enter(ports, run.project_id, run.job_limit, places);
  const { offer } = ports.installation;
  const now = ports.clock.now();
  return {
    jobs: ticketed.map(({ job, ticket }) => ({
      ...dispatchOf(job, ticket, { offer, failFast: run.fail_fast, now }),
      waits: working !== undefined && !working.has(job.id),
    })),
    max_parallel: Math.min(run.max_parallel, MAX_PARALLEL),
  };
}
