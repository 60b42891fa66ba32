/** What a run comes to before anything is built: the artifacts of an earlier run, or jobs. */
import type { Artifact } from '../../artifact/schema.ts';
import type { Manifest } from '../../manifest/schema.ts';
import type { Ports } from '../../ports/index.ts';
import type { Source } from '../../source/schema.ts';
import { Keys } from '../../storage/keys.ts';
import type { Ticketed } from '../attempt/hand-over.ts';
import { branchOf } from '../model/branch.ts';
import type { Build } from '../model/build.ts';
import { endedAs } from '../model/ended.ts';
import { jobs } from '../model/job-record.ts';
import { DEFAULT_PARALLEL } from '../model/parallel.ts';
import type { Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import * as Reuse from '../reuse.ts';
import { setEnvironments } from './environments.ts';
import { type Cell, expand } from './expand.ts';
import { jobsFor } from './jobs-for.ts';
import { requireRegistrySecrets } from './registry-secrets.ts';
import { canTag, tagImages, untagged } from './reuse-images.ts';
import type { Tree } from './tree.ts';

export type DecidePorts = Pick<
  Ports,
  'table' | 'compute' | 'installation' | 'imageTags' | 'runtimes' | 'runsProcesses' | 'clock' | 'randomness'
>;

/** The run as it is to be recorded, with its jobs and their tickets; none when it has ended with earlier artifacts. */
export interface Decision {
  readonly run: Run;
  readonly jobs: readonly Ticketed[];
}

/** Writes nothing but tags of reused images and environments, which a repeat leaves as they are. @throws PlanFailure */
export async function decide(
  ports: DecidePorts,
  run: Run,
  { build, source, tree }: { readonly build: Build; readonly source: Source; readonly tree: Tree },
): Promise<Decision> {
  const { manifest, hash: manifestHash, treeDigest } = tree;
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
  await setEnvironments(ports, { build, run }, manifest);
  if (ports.installation.reuse && canReuse(run)) {
    const earlier = await Reuse.find(ports, build, { treeDigest, manifestHash });
    if (earlier !== undefined && (await tagReusedImages(ports, build, earlier.artifacts))) {
      const { runId: reused_from, artifactIds: artifact_ids } = earlier;
      const outcome = { status: 'completed', reused_from, artifact_ids } as const;
      return { run: endedAs(read, outcome, ports.clock.now()), jobs: [] };
    }
  }
  const { chosen, kept } = await openCells(ports, run, cells);
  // Of a fork nothing is pushed.
  if (build.trust !== 'fork' && chosen.some(({ spec }) => spec.dockerfile !== undefined))
    await requireRegistrySecrets(ports, run.project_id, manifest.registry);
  const made = jobsFor(ports, chosen, { run, build, source, treeDigest, manifest });
  return {
    run: {
      ...read,
      status: 'building',
      stage: 'starting',
      started_at: ports.clock.now().toISOString(),
      kept_artifact_ids: kept,
      job_ids: made.map(({ job }) => job.id),
    },
    jobs: made,
  };
}

/** Whether what was built before can stand for this build: its images have this build's tags by now. */
async function tagReusedImages(
  ports: DecidePorts,
  build: Build,
  made: readonly Artifact[],
): Promise<boolean> {
  const images = await untagged(ports, build, made);
  return images.every(canTag) && tagImages(ports, build, images);
}

/** A rerun is asked for because somebody wants it built again. */
const canReuse = (run: Run): boolean => !run.force_rebuild && run.retry_of === undefined;

const isBranchBound = (manifest: Manifest): boolean =>
  Object.values(manifest.services).some(({ secrets }) => secrets.some(({ branches }) => branches));

/** The cells to build: all, or, of a retry, those that the earlier run did not complete, and what it made of the others. */
async function openCells(
  ports: Pick<Ports, 'table'>,
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
