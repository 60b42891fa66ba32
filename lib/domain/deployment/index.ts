/** Deployments: create, find, list. The steps of the deployment workflow are in `steps.ts`. */

import { type Actor, nameOf } from '../access/actor.ts';
import * as Artifact from '../artifact/index.ts';
import * as Environment from '../environment/index.ts';
import { environments } from '../environment/record.ts';
import type { Environment as EnvironmentValue } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import { isFinal } from '../lifecycle.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { WorkflowBusy, WorkflowRefused } from '../ports/workflows.ts';
import { createIn } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import * as Release from '../release/index.ts';
import type { ReleaseArtifact, Release as ReleaseValue } from '../release/schema.ts';
import type { Span } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { readVisible } from '../storage/visible.ts';
import { end } from './end.ts';
import { releaseOverdue } from './overdue.ts';
import { deployments } from './record.ts';
import { type CreateDeployment, type Deployment, DEPLOYMENT_LIFECYCLE as LIFECYCLE } from './schema.ts';

/**
 * Starts a deployment. The environment admits one at a time: the two writes are one transaction.
 * @throws StaitheError not_found | release_yanked | deployment_in_progress | service_unknown | artifact_not_deployable
 */
export async function create(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  environmentName: string,
  input: CreateDeployment,
  seed?: string,
): Promise<Deployment> {
  const stored = await releaseOverdue(ports, await Environment.read(ports, project, environmentName));
  const environment = stored.value;
  const release = await Release.resolve(ports, actor, project, input.release);
  Release.assertDeployable(release);
  const chosen = chooseArtifact(release, environment);
  await assertZip(ports, actor, chosen);
  const now = ports.clock.now();
  const deployment: Deployment = {
    id: idFrom('deployment', seed ?? ports.randomness.ulid(now.getTime())),
    project_id: project.id,
    environment: environment.name,
    release_id: release.id,
    service: chosen.service,
    artifact_id: chosen.artifact_id,
    digest: chosen.digest,
    target: environment.target,
    variables: environment.variables,
    health_path: environment.health_path,
    health_status: environment.health_status,
    health_follow: environment.health_follow,
    status: 'pending',
    stage: 'queued',
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  const busy = (which: string) =>
    new StaitheError('deployment_in_progress', `${which} to '${environment.name}' is in progress.`);
  try {
    if (environment.active_deployment_id !== undefined && environment.active_deployment_id !== deployment.id)
      throw busy(`Deployment ${environment.active_deployment_id}`);
    await createIn(ports.table, project.id, [
      environments.change(stored, { ...environment, active_deployment_id: deployment.id }),
      deployments.creation(deployment),
    ]);
  } catch (error) {
    const existing = await deployments.get(ports.table, Keys.deployment(deployment.id)); // the repeat of a request
    if (existing !== undefined) return start(ports, existing.value);
    if (error instanceof ConditionFailed) throw busy('Another deployment');
    throw error;
  }
  return start(ports, deployment);
}

/**
 * Starts the workflow, also for a repeat: the first try may have ended before it did. What has ended stays so. What fails
 * for the moment, the sweep starts (lib/domain/sweep).
 * @throws StaitheError workflow_refused
 */
async function start(
  ports: Pick<Ports, 'table' | 'workflows' | 'clock'>,
  deployment: Deployment,
): Promise<Deployment> {
  if (isFinal(LIFECYCLE, deployment.status)) return deployment;
  try {
    await ports.workflows.start('deployment', deployment.id, { deployment_id: deployment.id });
  } catch (error) {
    if (error instanceof WorkflowBusy) return deployment;
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

/** The artifact of the release that goes to this environment. */
function chooseArtifact(release: ReleaseValue, environment: EnvironmentValue): ReleaseArtifact {
  const names = [...new Set(release.artifacts.map((artifact) => artifact.service))];
  const service = environment.service ?? (names.length === 1 ? names[0] : undefined);
  const found = release.artifacts.filter((artifact) => artifact.service === service);
  if (found.length > 0) return singleArtifact(found, String(service));
  throw new StaitheError(
    'service_unknown',
    service === undefined
      ? `The release has several services (${names.join(', ')}) and environment '${environment.name}' names none.`
      : `The release has no service '${service}'; it has ${names.join(', ')}.`,
    { remedy: `Set the environment's service to one of ${names.join(', ')}.` },
  );
}

/** Of several artifacts the one that is named after the service; a matrix leaves one a cell, and none is so named. */
function singleArtifact(found: readonly ReleaseArtifact[], service: string): ReleaseArtifact {
  const [only] = found;
  const chosen =
    found.length === 1 ? only : found.find(({ name }) => name === `${service}.zip` || name === service);
  if (chosen !== undefined) return chosen;
  const names = found.map(({ name, matrix = {} }) => `${name} of ${cellName(service, matrix)}`).join(', ');
  throw new StaitheError(
    'artifact_not_deployable',
    `The release has ${found.length} artifacts of '${service}' (${names}), and a deployment takes one.`,
    { remedy: `Create a release with one: staithe release create --artifact ${service}=<art_…>.` },
  );
}

async function assertZip(ports: Pick<Ports, 'table'>, actor: Actor, chosen: ReleaseArtifact): Promise<void> {
  const artifact = await Artifact.get(ports, actor, chosen.artifact_id);
  if (artifact.content_type !== 'application/zip')
    throw new StaitheError(
      'artifact_not_deployable',
      `${artifact.name} is ${artifact.content_type}; a Lambda function is deployed from a zip.`,
    );
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Deployment> {
  return readVisible(ports.table, deployments, Keys.deployment, actor, id);
}

/**
 * To one environment, or to all of the projects. @throws StaitheError not_found | too_many_environments
 */
export async function list(
  ports: Pick<Ports, 'table'>,
  projects: Listable<Project>,
  { environment, ...paging }: Paging & Span & { readonly environment?: string | undefined },
): Promise<Listed<Deployment>> {
  const names = await Promise.all(
    projects.map(async (project): Promise<string[]> => {
      const found =
        environment === undefined
          ? await Environment.names(ports, project)
          : [(await Environment.read(ports, project, environment)).value.name];
      return found.map((name) => Partitions.deployments(project.id, name));
    }),
  );
  const partitions = names.flat();
  if (partitions.length > MAX_ENVIRONMENTS)
    throw new StaitheError(
      'too_many_environments',
      `There are ${partitions.length} environments; a list of deployments can cover at most ${MAX_ENVIRONMENTS}.`,
    );
  return deployments.newestOf(ports.table, 'deployment', partitions, paging, [
    scopeOf(projects),
    environment,
  ]);
}

/** 200: as many queries at once as a function's time and memory are good for. */
const MAX_ENVIRONMENTS = 200;
