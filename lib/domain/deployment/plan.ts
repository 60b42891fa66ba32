/** What a deployment would do, and what would keep it, without doing anything. */
import * as z from 'zod';
import type { Actor } from '../access/actor.ts';
import * as Environment from '../environment/index.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { CandidatePorts } from '../release/candidate.ts';
import { Keys } from '../storage/keys.ts';
import { Digest, Name } from '../values.ts';
import { type PlanDeployment, releaseAsked } from './asked.ts';
import { drafted } from './create.ts';
import { changesBetween, Difference } from './difference.ts';
import { verdictOf } from './gates.ts';
import { get } from './index.ts';
import { deployments } from './record.ts';
import { Block, type Deployment } from './schema.ts';
import { surroundingsOf } from './situation.ts';
import { subjectOf } from './snapshot.ts';

/** The plan of a deployment. */
export const DeploymentPlan = z.object({
  environment: Name,
  /** Absent when the deployment would create the release. */
  release_id: Id.release.optional(),
  service: Name,
  artifact_id: Id.artifact,
  digest: Digest,
  /** What an approval would be given for. */
  subject: Digest,
  /** The deployment that serves now. */
  current_deployment_id: Id.deployment.optional(),
  current_release_id: Id.release.optional(),
  /** What differs from what serves; all that is set when nothing does. */
  changes: z.array(Difference),
  /** Whether it would begin at once, wait, or be refused. */
  outcome: z.enum(['begin', 'wait', 'refuse']),
  /** The rules that would keep it. */
  blocks: z.array(Block),
  /** Why it would be refused. */
  refusal: z.string().optional(),
});
export type DeploymentPlan = z.infer<typeof DeploymentPlan>;

/** What a deployment changes, for whoever approves it. */
export const DeploymentChanges = z.object({
  deployment_id: Id.deployment,
  environment: Name,
  /** What an approval is given for. */
  subject: Digest,
  current_deployment_id: Id.deployment.optional(),
  changes: z.array(Difference),
});
export type DeploymentChanges = z.infer<typeof DeploymentChanges>;

/** Beside what serves now. @throws StaitheError not_found */
export async function changesOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  id: string,
): Promise<DeploymentChanges> {
  const deployment = await get(ports, actor, id);
  const { project_id: projectId, environment: name } = deployment;
  const { value: environment } = await Environment.read(ports, { id: projectId }, name);
  const current = await currentOf(ports, environment);
  return {
    deployment_id: id,
    environment: name,
    subject: deployment.subject ?? subjectOf(deployment),
    ...(current !== undefined && { current_deployment_id: current.id }),
    changes: changesBetween(current, deployment),
  };
}

async function currentOf(
  { table }: Pick<Ports, 'table'>,
  { current_deployment_id: id }: EnvironmentValue,
): Promise<Deployment | undefined> {
  return id === undefined ? undefined : (await deployments.get(table, Keys.deployment(id)))?.value;
}

/**
 * @throws StaitheError as `releaseAsked` | artifact_not_deployable: what could not be deployed whatever the rules
 */
export async function plan(
  ports: CandidatePorts,
  actor: Actor,
  project: Project,
  name: string,
  { override_freeze, ...what }: PlanDeployment,
): Promise<DeploymentPlan> {
  const reading = Environment.read(ports, project, name);
  const [{ value: environment }, { release, artifacts, record }] = await Promise.all([
    reading,
    releaseAsked(ports, { actor, project }, what, async () => (await reading).value.service),
  ]);
  const more = override_freeze === undefined ? {} : { override_freeze };
  const deployment = await drafted(ports, actor, environment, { release, artifacts, more }, NOT_MADE);
  const surroundings = await surroundingsOf(ports, environment, [deployment], project.slug, release);
  if (surroundings === undefined) throw new StaitheError('not_found', `Project '${project.slug}' is gone.`);
  const verdict = verdictOf(surroundings.situationOf(deployment));
  const { current_deployment_id: currentId, current_release_id: currentRelease } = environment;
  const isNew = record !== undefined;
  const changes = changesBetween(await currentOf(ports, environment), {
    ...deployment,
    ...(isNew && { release_id: NEW_RELEASE }),
  });
  const { service, artifact_id, digest, subject = '' } = deployment;
  const blocks = verdict.kind === 'wait' ? [...verdict.blocks] : [];
  const refusal =
    verdict.kind === 'reject' ? verdict.message : refusalOf(blocks, environment.concurrency === 'reject');
  return {
    environment: name,
    ...(!isNew && { release_id: release.id }),
    service,
    artifact_id,
    digest,
    subject,
    ...(currentId !== undefined && { current_deployment_id: currentId }),
    ...(currentRelease !== undefined && { current_release_id: currentRelease }),
    changes,
    outcome: refusal !== undefined ? 'refuse' : blocks.length === 0 ? 'begin' : 'wait',
    blocks,
    ...(refusal !== undefined && { refusal }),
  };
}

/** In place of the id of a release that a plan does not create. */
const NEW_RELEASE = 'new';

/** The id of a deployment that is never recorded. */
const NOT_MADE = 'dep_00000000000000000000000000';

/** A rule for which a request is refused rather than kept. */
function refusalOf(blocks: readonly Block[], rejectsOthers: boolean): string | undefined {
  return blocks.find(({ rule }) => rule === 'queue' && rejectsOthers)?.message;
}
