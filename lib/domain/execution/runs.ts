/** Runs: rerun a build, find its runs, cancel them. */

import { type Actor, nameOf } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Write } from '../ports/table.ts';
import { createIn } from '../project/create-in.ts';
import * as Project from '../project/index.ts';
import type { Project as ProjectValue } from '../project/schema.ts';
import { sources } from '../source/record.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { recordAndStart } from './begin.ts';
import { cancelRun } from './end/index.ts';
import type { Build } from './model/build.ts';
import type { BuildRecord } from './model/build-record.ts';
import { builds } from './model/build-record.ts';
import type { Job } from './model/job.ts';
import { jobs } from './model/job-record.ts';
import type { CreateRun, Run } from './model/run.ts';
import { runs } from './model/run-record.ts';
import type { PlanPorts } from './plan/index.ts';

/** A run that is about to be recorded. */
export function newRun(
  build: Build,
  project: Pick<ProjectValue, 'max_concurrent_jobs'>,
  { id, now, createdBy }: { id: string; now: Date; createdBy: string },
): Run {
  const { timeout_seconds: seconds } = build;
  return {
    id,
    build_id: build.id,
    project_id: build.project_id,
    source_id: build.source_id,
    status: 'pending',
    progress: 0,
    stage: 'queued',
    kept_artifact_ids: [],
    force_rebuild: false,
    fail_fast: false,
    max_parallel: 1,
    workflow_attempt: 1,
    job_limit: project.max_concurrent_jobs,
    deadline_at: seconds === undefined ? undefined : new Date(now.getTime() + seconds * 1000).toISOString(),
    job_ids: [],
    artifact_ids: [],
    created_at: now.toISOString(),
    created_by: createdBy,
  };
}

/**
 * Reruns a build: all of its jobs, or those that its newest run did not complete.
 * @throws StaitheError wrong_state when nothing has failed
 */
export async function rerun(
  ports: PlanPorts,
  actor: Actor,
  build: BuildRecord,
  { jobs: which, seed }: { jobs?: CreateRun['jobs']; seed?: string | undefined } = {},
): Promise<Run> {
  const now = ports.clock.now();
  const id = idFrom('run', seed ?? ports.randomness.ulid(now.getTime()));
  const [project, source] = await Promise.all([
    Project.resolve(ports, actor, build.project_id),
    sources.get(ports.table, Keys.source(build.source_id)),
  ]);
  if (source === undefined) throw new Error(`Build ${build.id} has no source.`);
  const run: Run = {
    ...newRun(build, project, { id, now, createdBy: nameOf(actor) }),
    force_rebuild: true,
    ...(which === 'failed' && { retry_of: await failedRun(ports, build, id) }),
  };
  // Before it is started: a run whose workflow is refused is the newest one too.
  const record = async (writes: readonly Write[]) => {
    await createIn(ports.table, build.project_id, writes);
    await nameLatest(ports, build, run);
  };
  try {
    return await recordAndStart(ports, { project, build, source: source.value, run, record });
  } catch (error) {
    // The repeat of a request finds its own run, as it stands by now.
    if (!(error instanceof ConditionFailed) || error.existing?.id !== id) throw error;
    await nameLatest(ports, build, run);
    return runs.read(error.existing).value;
  }
}

async function nameLatest(ports: Pick<Ports, 'table'>, build: BuildRecord, { id }: Run): Promise<void> {
  await builds.update(ports.table, Keys.build(build.id), (value) =>
    value.latest_run_id !== undefined && value.latest_run_id >= id
      ? undefined
      : { ...value, latest_run_id: id },
  );
}

async function failedRun(ports: Pick<Ports, 'table'>, build: BuildRecord, id: string): Promise<string> {
  const latest = build.latest_run_id && (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
  // The repeat of a request finds its own run as the newest.
  if (latest && latest.id === id && latest.retry_of !== undefined) return latest.retry_of;
  if (latest && (latest.status === 'failed' || latest.status === 'cancelled')) return latest.id;
  throw new StaitheError(
    'wrong_state',
    latest ? `The newest run of build ${build.id} is ${latest.status}.` : `Build ${build.id} has never run.`,
    { remedy: 'Failed jobs can be rerun after their run has failed or was cancelled.' },
  );
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Run> {
  return readVisible(ports.table, runs, Keys.run, actor, id);
}

export async function list(ports: Pick<Ports, 'table'>, build: Build, paging: Paging): Promise<Listed<Run>> {
  return runs.list(ports.table, Partitions.runs(build.id), paging);
}

/** The jobs of a run by service and matrix. */
export async function jobsOf(ports: Pick<Ports, 'table'>, run: Run): Promise<Job[]> {
  const found = await jobs.getMany(ports.table, run.job_ids.map(Keys.job));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws StaitheError not_found | wrong_state */
export async function cancel(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<Run> {
  const { deployment_id: deploymentId } = await get(ports, actor, id);
  if (deploymentId !== undefined)
    throw new StaitheError('wrong_state', `Run ${id} is of deployment ${deploymentId}.`, {
      remedy: `Cancel the deployment: staithe deployment cancel ${deploymentId}.`,
    });
  return cancelRun(ports, id, `cancelled by ${nameOf(actor)}`);
}

/** @throws StaitheError wrong_state when the build never ran or has ended */
export async function cancelLatest(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  actor: Actor,
  build: Build & { latest_run_id?: string | undefined },
): Promise<Run> {
  if (build.latest_run_id === undefined)
    throw new StaitheError('wrong_state', `Build ${build.id} has never run.`);
  return cancel(ports, actor, build.latest_run_id);
}
