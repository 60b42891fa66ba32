/** Runs: start, find, cancel. The steps of the build workflow are in `plan.ts`, `settle.ts` and `end.ts`. */

import { type Actor, nameOf } from '../access/actor.ts';
import { readVisible } from '../access/visible.ts';
import type { Build } from '../builds/schema.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { WorkflowBusy, WorkflowRefused } from '../ports/workflows.ts';
import { createIn } from '../project/alive.ts';
import * as Project from '../project/index.ts';
import type { Project as ProjectValue } from '../project/schema.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { cancelRun, fail } from './end/index.ts';
import type { BuildRecord } from './model/build-record.ts';
import { builds } from './model/build-record.ts';
import { executionBefore, executionOf } from './model/execution.ts';
import type { Job } from './model/job.ts';
import { jobs } from './model/job-record.ts';
import { type CreateRun, RUN_LIFECYCLE as LIFECYCLE, type Run } from './model/run.ts';
import { runs } from './model/run-record.ts';
import { supersede } from './supersede.ts';

export { fail } from './end/index.ts';
export { supersede } from './supersede.ts';

/** A run that is about to be recorded. */
export function first(
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

/** A run that has the artifacts of an earlier one, and so has ended. */
export function reusing(run: Run, earlier: { runId: string; artifactIds: string[] }, now: Date): Run {
  return {
    ...run,
    status: 'completed',
    stage: 'reused',
    progress: 100,
    reused_from: earlier.runId,
    artifact_ids: earlier.artifactIds,
    started_at: now.toISOString(),
    completed_at: now.toISOString(),
  };
}

/** Keeps it. @returns the run as it is kept: the repeat of a request finds its own, as it stands by now */
async function record(ports: Pick<Ports, 'table'>, run: Run): Promise<Run> {
  try {
    await createIn(ports.table, run.project_id, [runs.creation(run)]);
    return run;
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.existing === undefined) throw error;
    return runs.read(error.existing).value;
  }
}

/** Starts the present workflow of a run, in place of the one that it follows. What has ended stays so. */
export async function startWorkflow(ports: Pick<Ports, 'workflows'>, run: Run): Promise<void> {
  if (isFinal(LIFECYCLE, run.status)) return;
  const before = executionBefore(run);
  if (before !== undefined) await ports.workflows.stop('build', before, 'another one goes on with the run');
  await ports.workflows.start('build', executionOf(run), { run_id: run.id });
}

/**
 * Starts the workflow of a run for the request that has recorded it. If it is refused for good, the run says so, and so
 * does the error. What fails for the moment, as throttling does, fails no build: the run is recorded, so that the event of
 * that (functions/events/work-waiting) starts it as well, and is sent again for a day, and then the sweep.
 * @throws StaitheError workflow_refused
 */
export async function start(ports: Pick<Ports, 'table' | 'workflows' | 'clock'>, run: Run): Promise<Run> {
  try {
    await startWorkflow(ports, run);
  } catch (error) {
    if (error instanceof WorkflowBusy) return run;
    if (!(error instanceof WorkflowRefused)) throw error;
    await fail(ports, run.id, {
      code: 'internal_error',
      message: `The build workflow could not be started: ${error.message}`,
      hint: 'Run the build again.',
    });
    throw new StaitheError(
      'workflow_refused',
      `The build workflow of run ${run.id} could not be started, and the run has failed: ${error.message}`,
    );
  }
  return run;
}

/**
 * Runs a build again: all of its jobs, or those that its newest run did not complete.
 * @throws StaitheError wrong_state when nothing has failed
 */
export async function again(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock' | 'randomness'>,
  actor: Actor,
  build: BuildRecord,
  { jobs: which, seed }: { jobs?: CreateRun['jobs']; seed?: string | undefined } = {},
): Promise<Run> {
  const now = ports.clock.now();
  const id = idFrom('run', seed ?? ports.randomness.ulid(now.getTime()));
  const project = await Project.resolve(ports, actor, build.project_id);
  const run: Run = {
    ...first(build, project, { id, now, createdBy: nameOf(actor) }),
    force_rebuild: true,
    ...(which === 'failed' && { retry_of: await failedRun(ports, build, id) }),
  };
  const kept = await record(ports, run);
  await builds.update(ports.table, Keys.build(build.id), (value) =>
    value.latest_run_id !== undefined && value.latest_run_id >= run.id
      ? undefined
      : { ...value, latest_run_id: run.id },
  );
  await supersede(ports, project, build, kept);
  return start(ports, kept);
}

async function failedRun(ports: Pick<Ports, 'table'>, build: BuildRecord, id: string): Promise<string> {
  const latest = build.latest_run_id && (await runs.get(ports.table, Keys.run(build.latest_run_id)))?.value;
  // The repeat of a request finds its own run as the newest.
  if (latest && latest.id === id && latest.retry_of !== undefined) return latest.retry_of;
  if (latest && (latest.status === 'failed' || latest.status === 'cancelled')) return latest.id;
  throw new StaitheError(
    'wrong_state',
    latest ? `The newest run of build ${build.id} is ${latest.status}.` : `Build ${build.id} has never run.`,
    { remedy: 'Failed jobs can be run again once their run has ended as failed or cancelled.' },
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
  await get(ports, actor, id);
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
