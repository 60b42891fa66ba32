/** Starts the job of a deployment on a build machine: the workflow, limits, log and losses are those of builds. */
import { artifacts } from '../../artifact/record.ts';
import { StaitheError } from '../../error.ts';
import { newTicket } from '../../execution/attempt/ticket.ts';
import { fail } from '../../execution/end/index.ts';
import { jobs } from '../../execution/model/job-record.ts';
import { PlanFailure } from '../../execution/model/plan-failure.ts';
import { runs } from '../../execution/model/run-record.ts';
import { startWorkflow } from '../../execution/start.ts';
import { isFinal } from '../../lifecycle.ts';
import type { Machine } from '../../machine.ts';
import type { Ports } from '../../ports/index.ts';
import { type Check, ConditionFailed, type Write } from '../../ports/table.ts';
import { TargetError } from '../../ports/targets.ts';
import { WorkflowBusy, WorkflowRefused } from '../../ports/workflows.ts';
import { createIn } from '../../project/create-in.ts';
import { resolve } from '../../project/find.ts';
import { Keys } from '../../storage/keys.ts';
import type { JobSettings } from '../../target/command.ts';
import { load } from '../advance.ts';
import { deployments } from '../record.ts';
import { type Deployment, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from '../schema.ts';
import { idsOf, type JobName, jobOf, runOf } from './job.ts';

export type JobPorts = Pick<Ports, 'table' | 'workflows' | 'compute' | 'clock' | 'randomness'>;

const SYSTEM = { kind: 'system', name: 'deployment' } as const;

/**
 * A repeat changes nothing. A workflow that is not started for the moment, the sweep starts.
 * @param env variables beside those of the environment
 * @returns the id of its run
 * @throws TargetError when it cannot be run
 */
export async function startJob(
  ports: JobPorts,
  deployment: Deployment,
  name: JobName,
  settings: JobSettings,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { run: runId } = idsOf(deployment.id, name);
  if ((await runs.get(ports.table, Keys.run(runId))) !== undefined) return runId;
  const machine = machineFor(ports, settings);
  const [project, artifact] = await Promise.all([
    resolve(ports, SYSTEM, deployment.project_id),
    artifacts.get(ports.table, Keys.artifact(deployment.artifact_id)),
  ]);
  if (artifact === undefined) throw new TargetError(`Artifact ${deployment.artifact_id} no longer exists.`);
  const made = { deployment, project, artifact: artifact.value, machine, name, settings, env };
  const now = ports.clock.now();
  const ticket = newTicket(ports.randomness);
  const run = runOf({ ...made, now });
  const job = jobOf({ ...made, now }, ticket);
  if (!(await created(ports, deployment, name, [runs.creation(run), jobs.creation(job)]))) return runId;
  try {
    await startWorkflow(ports, run, [{ job, ticket }]);
  } catch (error) {
    if (error instanceof PlanFailure) await fail(ports, runId, error.failure);
    else if (error instanceof WorkflowRefused)
      await fail(ports, runId, {
        code: 'internal_error',
        message: `The build workflow could not be started: ${error.message}`,
      });
    else if (!(error instanceof WorkflowBusy)) throw error;
  }
  return runId;
}

/** Each is a change of the deployment by others at this very moment. */
const TRIES = 10;

/**
 * Creates the job only while the deployment goes on: whoever cancels it either finds the job, or keeps it from being.
 * @returns whether it is new
 * @throws TargetError when the deployment has ended or is cancelled
 */
async function created(
  ports: Pick<Ports, 'table' | 'clock'>,
  { id, project_id: projectId }: Deployment,
  name: JobName,
  writes: readonly [Write, Write],
): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const guard = name.round === undefined ? await goingOn(ports, id) : await roundOf(ports, id, name.round);
    try {
      await createIn(ports.table, projectId, [...writes, guard]);
      return true;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (error.index < writes.length) return false;
    }
  }
  throw new StaitheError('busy', `Deployment ${id} was changed by others ${TRIES} times in a row.`);
}

async function goingOn(ports: Pick<Ports, 'table' | 'clock'>, id: string): Promise<Check> {
  const { value, revision } = await load(ports, id);
  if (isFinal(LIFECYCLE, value.status)) throw noCommands(value);
  return { check: Keys.deployment(id), when: { revision } };
}

/** Of what serves, however long ago that was deployed: the round is counted with its creation. */
async function roundOf({ table }: Pick<Ports, 'table'>, id: string, round: number): Promise<Write> {
  const stored = await deployments.get(table, Keys.deployment(id));
  if (stored === undefined) throw new TargetError(`Deployment ${id} no longer exists.`);
  if (stored.value.status !== 'succeeded') throw noCommands(stored.value);
  return deployments.change(stored, { ...stored.value, test_rounds: round });
}

const noCommands = ({ status }: Deployment) =>
  new TargetError(`The deployment is ${status}; it runs no commands.`);

/** @throws TargetError when the installation has none */
export function machineFor({ compute }: Pick<Ports, 'compute'>, settings: JobSettings): Machine {
  const choice = compute.choose({
    requested: settings.compute,
    architecture: settings.architecture,
    needsImages: false,
    timeoutSeconds: settings.timeout_seconds,
  });
  if ('machine' in choice) return choice.machine;
  throw new TargetError(`compute: ${choice.refused.message} ${choice.refused.hint}`);
}
