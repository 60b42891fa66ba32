/** Records a new run; if its source has been surveyed, plans and starts it at once. */
import { StaitheError } from '../error.ts';
import { ManifestError } from '../manifest/index.ts';
import { ArchiveUnreadable } from '../ports/index.ts';
import type { Write } from '../ports/table.ts';
import { WorkflowBusy, WorkflowRefused } from '../ports/workflows.ts';
import type { Project } from '../project/schema.ts';
import { type SourceRecord, sources } from '../source/record.ts';
import { isSurveyed, survey as takeSurvey, takeWaitingRuns } from '../source/survey.ts';
import { Keys } from '../storage/keys.ts';
import { fail } from './end/index.ts';
import type { Build } from './model/build.ts';
import { endedAs } from './model/ended.ts';
import { jobs } from './model/job-record.ts';
import { PlanFailure } from './model/plan-failure.ts';
import type { Failure, Run } from './model/run.ts';
import { runs } from './model/run-record.ts';
import { type Decision, decide } from './plan/decide.ts';
import { type PlanPorts, plan } from './plan/index.ts';
import { isOneTransaction } from './plan/jobs-for.ts';
import { readTree } from './plan/tree.ts';
import { startWorkflow } from './start.ts';
import { supersede } from './supersede.ts';

export interface NewRun {
  readonly project: Project;
  readonly build: Build;
  readonly source: SourceRecord;
  /** The run as it is before it is planned. */
  readonly run: Run;
  /** Writes what there is, in one transaction with whatever the caller adds. @throws ConditionFailed */
  readonly record: (writes: readonly Write[]) => Promise<void>;
}

/**
 * Records a run and starts it. Of a source whose survey is under way, the survey starts it.
 * @returns the run as it stands
 * @throws StaitheError workflow_refused | ConditionFailed of `record`
 */
export async function recordAndStart(ports: PlanPorts, newRun: NewRun): Promise<Run> {
  const { project, build, source, run, record } = newRun;
  const decision = isSurveyed(source) ? await decideOrFail(ports, newRun) : undefined;
  if (decision !== undefined && isOneTransaction(decision.jobs)) {
    await record([runs.creation(decision.run), ...decision.jobs.map(({ job }) => jobs.creation(job))]);
    await supersede(ports, project, build, decision.run);
    return startOrFail(ports, decision.run, () => startWorkflow(ports, decision.run, decision.jobs));
  }
  await record([runs.creation(run)]);
  await supersede(ports, project, build, run);
  if (decision === undefined && (await queueForSurvey(ports, source, run))) return run;
  await startOrFail(ports, run, () => plan(ports, run.id));
  return (await runs.get(ports.table, Keys.run(run.id)))?.value ?? run;
}

async function decideOrFail(ports: PlanPorts, { build, source, run }: NewRun): Promise<Decision | undefined> {
  try {
    const tree = await readTree(ports, build, source);
    return await decide(ports, run, { build, source, tree });
  } catch (error) {
    if (!(error instanceof PlanFailure)) throw error;
    const outcome = { status: 'failed', error: error.failure } as const;
    return { run: endedAs(run, outcome, ports.clock.now()), jobs: [] };
  }
}

/** The run is planned by whoever surveys the source. @returns false when that is done by now */
async function queueForSurvey(ports: PlanPorts, { id }: SourceRecord, run: Run): Promise<boolean> {
  const stored = await sources.update(ports.table, Keys.source(id), (source) =>
    source.status === 'stored'
      ? undefined
      : { ...source, waiting_run_ids: [...(source.waiting_run_ids ?? []), run.id] },
  );
  return stored?.value.status === 'pending';
}

/**
 * Starts the workflow for the request that has recorded the run. If it is refused for good, the run says so, and so does
 * the error. What fails for the moment, as throttling does, fails no build: the next sweep starts it.
 */
async function startOrFail(ports: PlanPorts, run: Run, start: () => Promise<void>): Promise<Run> {
  try {
    await start();
    return run;
  } catch (error) {
    if (error instanceof WorkflowBusy) return run;
    if (error instanceof PlanFailure) return (await fail(ports, run.id, error.failure)) ?? run;
    if (!(error instanceof WorkflowRefused)) throw error;
    await fail(ports, run.id, notStarted(error));
    throw new StaitheError(
      'workflow_refused',
      `The build workflow of run ${run.id} could not be started, and the run has failed: ${error.message}`,
    );
  }
}

const notStarted = (error: WorkflowRefused): Failure => ({
  code: 'internal_error',
  message: `The build workflow could not be started: ${error.message}`,
  hint: 'Rerun the build.',
});

/** The bytes of a source have arrived: it is surveyed, and what waits for that is planned. A repeat changes nothing. */
export async function sourceArrived(ports: PlanPorts, source: SourceRecord): Promise<void> {
  if (!isSurveyed(source))
    await takeSurvey(ports, source).catch((error: unknown) => {
      // Whatever is to be built of it says why it cannot be.
      if (!(error instanceof ArchiveUnreadable || error instanceof ManifestError)) throw error;
    });
  for (const runId of await takeWaitingRuns(ports, source)) await plan(ports, runId);
}
