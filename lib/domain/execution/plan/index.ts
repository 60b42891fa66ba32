/**
 * Planning: from a run and its source to jobs that are handed to the workflow, or to what an earlier run made. It is done
 * when the run is recorded (`begin.ts`) or, of a source that has not been surveyed then, afterwards, here.
 */
import { isFinal } from '../../lifecycle.ts';
import type { Ports } from '../../ports/index.ts';
import { ConditionFailed } from '../../ports/table.ts';
import { WorkflowBusy } from '../../ports/workflows.ts';
import { sources } from '../../source/record.ts';
import type { Stored } from '../../storage/collection.ts';
import { Keys } from '../../storage/keys.ts';
import { handOver, type Ticketed } from '../attempt/hand-over.ts';
import { end, fail } from '../end/index.ts';
import { builds } from '../model/build-record.ts';
import { executionBefore } from '../model/execution.ts';
import { jobs } from '../model/job-record.ts';
import { PlanFailure } from '../model/plan-failure.ts';
import { RUN_LIFECYCLE as LIFECYCLE, type Run } from '../model/run.ts';
import { runs } from '../model/run-record.ts';
import { startWorkflow } from '../start.ts';
import { type DecidePorts, type Decision, decide } from './decide.ts';
import { isOneTransaction } from './jobs-for.ts';
import { readTree } from './tree.ts';

export type PlanPorts = DecidePorts & Pick<Ports, 'trees' | 'workflows'>;

/**
 * Plans a run that was recorded and not planned, and starts its workflow. Wrong input fails the run. A repeat changes
 * nothing; a workflow that is not started, the next sweep starts.
 * @throws WorkflowRefused, and what other services answer
 */
export async function plan(ports: PlanPorts, runId: string): Promise<void> {
  const stored = await runs.get(ports.table, Keys.run(runId));
  if (stored?.value.status !== 'pending') return;
  try {
    const decision = await decideRun(ports, stored.value);
    if (decision === undefined) return;
    if (isOneTransaction(decision.jobs)) {
      await saveInTransaction(ports, stored, decision);
      await startWorkflow(ports, decision.run, decision.jobs);
    } else {
      await saveSeparately(ports, stored, decision);
      // Of two that plan at the same time, only the one whose run was kept gets here: its tickets are the last.
      await resume(ports, decision.run);
    }
  } catch (error) {
    if (error instanceof ConditionFailed) return plan(ports, runId); // cancelled or planned meanwhile
    if (error instanceof PlanFailure) await fail(ports, runId, error.failure);
    else if (!(error instanceof WorkflowBusy)) throw error;
  }
}

/** @returns undefined once the project is being deleted: its run goes with it */
async function decideRun(ports: PlanPorts, run: Run): Promise<Decision | undefined> {
  // That of a deployment is planned from its beginning.
  if (run.build_id === undefined) return undefined;
  const reading = builds.get(ports.table, Keys.build(run.build_id));
  // Runs of an older version do not name the source themselves.
  const sourceId = run.source_id ?? (await reading)?.value.source_id ?? '';
  const [build, source] = await Promise.all([reading, sources.get(ports.table, Keys.source(sourceId))]);
  if (build === undefined || source === undefined) return undefined;
  const tree = await readTree(ports, build.value, source.value);
  return decide(ports, run, { build: build.value, source: source.value, tree });
}

/** Writes run and jobs in one transaction. @throws ConditionFailed when the run has changed */
async function saveInTransaction(
  ports: PlanPorts,
  stored: Stored<Run>,
  { run, jobs: made }: Decision,
): Promise<void> {
  await ports.table.transact([runs.change(stored, run), ...made.map(({ job }) => jobs.creation(job))]);
}

/**
 * Writes jobs that no transaction has room for, and then the run. Jobs that are there, of a plan that broke off or goes on
 * beside this one, stay as they are.
 * @throws ConditionFailed when the run has changed
 */
async function saveSeparately(
  ports: PlanPorts,
  stored: Stored<Run>,
  { run, jobs: made }: Decision,
): Promise<void> {
  await Promise.all(
    made.map(({ job }) =>
      jobs.create(ports.table, job).catch((error: unknown) => {
        if (!(error instanceof ConditionFailed)) throw error;
      }),
    ),
  );
  try {
    await runs.save(ports.table, stored, run);
  } catch (error) {
    if (error instanceof ConditionFailed) await deleteUnreferenced(ports, run.id, run.job_ids);
    throw error;
  }
}

/** The run was ended, or deleted with its project, while it was planned: jobs that it does not name would be nobody's. */
async function deleteUnreferenced(ports: PlanPorts, runId: string, jobIds: readonly string[]): Promise<void> {
  const now = (await runs.get(ports.table, Keys.run(runId)))?.value;
  if (now !== undefined && !isFinal(LIFECYCLE, now.status)) return;
  const named = new Set(now?.job_ids);
  const unnamed = jobIds.filter((id) => !named.has(id));
  await Promise.all(unnamed.map((id) => ports.table.write({ remove: Keys.job(id), when: { any: true } })));
}

/**
 * Starts the present workflow of a planned run: with new tickets for those of its jobs that have not ended, as the old
 * ones may be in nobody's hands.
 * @throws what Step Functions answers
 */
export async function resume(ports: PlanPorts, run: Run): Promise<void> {
  const found = await Promise.all(run.job_ids.map((jobId) => handOver(ports, jobId)));
  const open = found.filter((one): one is Ticketed => one !== undefined);
  if (open.length === 0) {
    // The workflow before died between the end of the last job and the end of the run.
    await end(ports, run.id, { kind: 'finished' });
    const before = executionBefore(run);
    if (before !== undefined) await ports.workflows.stop('build', before, 'all jobs of the run have ended');
    return;
  }
  try {
    await startWorkflow(ports, run, open);
  } catch (error) {
    if (!(error instanceof PlanFailure)) throw error;
    await fail(ports, run.id, error.failure);
  }
}
