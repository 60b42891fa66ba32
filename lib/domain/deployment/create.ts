/** A deployment comes to be: it begins at once, waits for the rules of its environment, or is refused. */
import { type Actor, nameOf } from '../access/actor.ts';
import type { Artifact } from '../artifact/schema.ts';
import * as Environment from '../environment/index.ts';
import { environments } from '../environment/record.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import { isFinal } from '../lifecycle.ts';
import type { Ports } from '../ports/index.ts';
import { type Check, ConditionFailed, type Write } from '../ports/table.ts';
import { WorkflowRefused } from '../ports/workflows.ts';
import { createIn } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import type { Release } from '../release/schema.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { end, ended } from './end.ts';
import { verdictOf } from './gates.ts';
import { releaseOverdue } from './overdue.ts';
import { deployments } from './record.ts';
import { type Block, type Deployment, isWaiting, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';
import { type Surroundings, surroundingsOf } from './situation.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import { startWorkflow } from './start.ts';
import { stepped } from './timeline.ts';
import { MAX_WAITING, waitingAs } from './waiting.ts';

export type Needed = Pick<Ports, 'table' | 'workflows' | 'clock'>;

/** What a caller, a rollback or a promotion asks for. */
export interface Wanted {
  readonly release: Release;
  /** Those of its artifacts that are recorded only together with it. */
  readonly artifacts?: readonly Artifact[];
  /** Of an earlier deployment; of the environment as it is when absent. */
  readonly snapshot?: Snapshot;
  readonly more: Partial<
    Pick<
      Deployment,
      'reason' | 'override_freeze' | 'restores' | 'target_version' | 'automatic' | 'not_before'
    >
  >;
}

/** With n callers at once the slowest needs n tries. */
const TRIES = 20;

/**
 * Records a deployment, and starts it if nothing keeps it from beginning. The environment admits one at a time: what it
 * holds and the deployment are one transaction, and it fails if a rule was changed meanwhile.
 * @throws StaitheError not_found | deployment_in_progress | not_eligible | too_many_waiting | service_unknown |
 *   artifact_not_deployable | workflow_refused
 */
export async function request(
  ports: Needed,
  actor: Actor,
  project: Project,
  environmentName: string,
  wanted: Wanted,
  { id, mayExist }: NewId,
): Promise<Deployment> {
  const existing = mayExist ? await deployments.get(ports.table, Keys.deployment(id)) : undefined;
  if (existing !== undefined) return started(ports, existing.value);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const environment = await releaseOverdue(ports, await Environment.read(ports, project, environmentName));
    const base = await drafted(ports, actor, environment.value, wanted, id);
    const surroundings = await surroundingsOf(ports, environment.value, [base], project.slug);
    if (surroundings === undefined) break;
    const deployment = judged(ports, base, environment.value, surroundings);
    const others = await supersededBy(ports, deployment, environment.value);
    try {
      await record(ports, environment, deployment, others, surroundings);
      return await started(ports, deployment);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      const meanwhile = await deployments.get(ports.table, Keys.deployment(id));
      if (meanwhile !== undefined) return started(ports, meanwhile.value);
    }
  }
  throw new StaitheError('busy', `Environment '${environmentName}' was changed by others at the same time.`);
}

/** The deployment as it is asked for, before any rule. @throws StaitheError service_unknown | artifact_not_deployable */
export async function drafted(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  environment: EnvironmentValue,
  { release, artifacts, snapshot, more }: Wanted,
  id: string,
): Promise<Deployment> {
  const now = ports.clock.now();
  const by = nameOf(actor);
  const base: Deployment = {
    id,
    project_id: environment.project_id,
    environment: environment.name,
    release_id: release.id,
    ...(snapshot ?? (await snapshotOf(ports, actor, release, environment, artifacts))),
    automatic: false,
    ...more,
    status: 'pending',
    stage: 'queued',
    checks: [],
    waits_for: [],
    decisions: [],
    timeline: [],
    created_at: now.toISOString(),
    created_by: by,
  };
  const message = more.reason ?? 'The deployment was requested.';
  return stepped(base, { status: 'pending', message, at: now, by });
}

/** The deployment in its first status. @throws StaitheError when it may neither begin nor wait */
function judged(
  ports: Needed,
  deployment: Deployment,
  environment: EnvironmentValue,
  surroundings: Surroundings,
): Deployment {
  const verdict = verdictOf(surroundings.situationOf(deployment));
  if (verdict.kind === 'begin') return deployment;
  if (verdict.kind === 'reject')
    throw new StaitheError(verdict.code, verdict.message, { remedy: verdict.hint });
  const { blocks } = verdict;
  assertMayWait(deployment, environment, blocks);
  return waitingAs(deployment, blocks, environment, ports.clock.now());
}

function assertMayWait(
  { restores, automatic }: Deployment,
  environment: EnvironmentValue,
  blocks: readonly Block[],
): void {
  const busy = blocks.find(({ rule }) => rule === 'queue')?.message;
  const mayQueue = environment.concurrency !== 'reject' || restores !== undefined || automatic;
  if (busy !== undefined && !mayQueue) throw new StaitheError('deployment_in_progress', busy);
  const { length } = environment.waiting_deployment_ids;
  // A rollback goes first and is alone, and automatic ones take each other's place.
  if (
    length >= MAX_WAITING &&
    environment.concurrency !== 'supersede' &&
    restores === undefined &&
    !automatic
  )
    throw new StaitheError(
      'too_many_waiting',
      `${length} deployments wait for environment '${environment.name}', which is the maximum.`,
    );
}

/** Those that wait and whose place a new one takes: of automatic ones the automatic, and all where the environment says so. */
async function supersededBy(
  ports: Needed,
  deployment: Deployment,
  environment: EnvironmentValue,
): Promise<Stored<Deployment>[]> {
  const all = environment.concurrency === 'supersede';
  if (environment.waiting_deployment_ids.length === 0 || !(all || deployment.automatic)) return [];
  const items = await ports.table.getMany(environment.waiting_deployment_ids.map(Keys.deployment));
  return items
    .map(deployments.read)
    .filter(({ value }) => isWaiting(value.status) && value.restores === undefined)
    .filter(({ value }) => all || value.automatic);
}

async function record(
  ports: Needed,
  environment: Stored<EnvironmentValue>,
  deployment: Deployment,
  superseded: readonly Stored<Deployment>[],
  surroundings: Surroundings,
): Promise<void> {
  const { id, restores } = deployment;
  const now = ports.clock.now();
  const gone = new Set(superseded.map(({ value }) => value.id));
  const left = environment.value.waiting_deployment_ids.filter((other) => !gone.has(other));
  const begins = deployment.status === 'pending';
  // The way back goes before all others.
  const waiting = restores === undefined ? [...left, id] : [id, ...left];
  const message = `Deployment ${id} took its place.`;
  const replaced = { status: 'superseded', message, by: deployment.created_by } as const;
  const writes: (Write | Check)[] = [
    environments.change(environment, {
      ...environment.value,
      ...(begins && { active_deployment_id: id }),
      waiting_deployment_ids: begins ? left : waiting,
    }),
    deployments.creation(
      begins && restores !== undefined
        ? { ...deployment, replaces_config_version: environment.value.config_version }
        : deployment,
    ),
    ...superseded.map((other) => deployments.change(other, ended(other.value, replaced, now))),
    ...surroundings.unchanged(deployment),
  ];
  await createIn(ports.table, surroundings.project.value.id, writes);
}

/**
 * Starts the workflow, also for a repeat: the first try may have ended before it did. What has ended stays so.
 * @throws StaitheError workflow_refused
 */
async function started(ports: Needed, deployment: Deployment): Promise<Deployment> {
  if (isFinal(LIFECYCLE, deployment.status) || isWaiting(deployment.status)) return deployment;
  try {
    await startWorkflow(ports, deployment.id);
  } catch (error) {
    if (!(error instanceof WorkflowRefused)) throw error;
    await end(ports, deployment.id, {
      status: 'failed',
      error: {
        message: `The deployment workflow could not be started: ${error.message}`,
        hint: 'Deploy again.',
      },
    });
    throw new StaitheError(
      'workflow_refused',
      `The workflow of deployment ${deployment.id} could not be started, and the deployment has failed: ${error.message}`,
    );
  }
  return deployment;
}

interface NewId {
  readonly id: string;
  /** Whether this may be a repeat. */
  readonly mayExist: boolean;
}

/** The id of a new deployment. @param seed the same for the repeat of a request; a request without is never repeated */
export const newId = (ports: Pick<Ports, 'clock' | 'randomness'>, seed: string | undefined): NewId => ({
  id: idFrom('deployment', seed ?? ports.randomness.ulid(ports.clock.now().getTime())),
  mayExist: seed !== undefined,
});
