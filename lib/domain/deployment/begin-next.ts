/**
 * Which of the deployments that wait for an environment begins: the first whose rules all hold. It is asked whenever
 * something has changed that they go by, and by the sweep when it is time; asking once too often changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import * as Environments from '../environment/index.ts';
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { end } from './end.ts';
import { rejected, type Verdict, verdictOf } from './gates.ts';
import { releaseOverdue } from './overdue.ts';
import { deployments } from './record.ts';
import { refreshed } from './refresh.ts';
import { type Deployment, isWaiting } from './schema.ts';
import { type Surroundings, surroundingsOf } from './situation.ts';
import { startOrEnd } from './start.ts';
import { stepped } from './timeline.ts';
import { waitingAs } from './waiting.ts';

type Needed = Pick<Ports, 'table' | 'workflows' | 'clock'>;

/** Each round ends one or begins one, or another writer was faster: 20 wait at most, and as many again are patience. */
const ROUNDS = 50;

/**
 * Looks at all that wait for the environment, and lets the next one begin.
 * @returns the one that began; undefined when none could
 */
export async function beginNext(
  ports: Needed,
  projectId: string,
  name: string,
): Promise<Deployment | undefined> {
  const key = Keys.environment(projectId, name);
  for (let round = 0; round < ROUNDS; round++) {
    const found = await environments.get(ports.table, key);
    if (found === undefined || found.value.waiting_deployment_ids.length === 0) return undefined;
    const environment = await releaseOverdue(ports, found);
    // It was read once more, and others may have ended what waited.
    if (environment.value.waiting_deployment_ids.length === 0) return undefined;
    const waiting = await readWaiting(ports, environment.value);
    const surroundings = await surroundingsOf(
      ports,
      environment.value,
      waiting.map(({ value }) => value),
    );
    // The project is being deleted, and its deployments with it.
    if (surroundings === undefined) return undefined;
    const outcome = await tryEach(ports, environment, waiting, surroundings);
    if (outcome === 'again') continue;
    return outcome === 'none' ? undefined : outcome;
  }
  throw new StaitheError('busy', `Environment '${name}' was changed by others ${ROUNDS} times in a row.`);
}

/** Looks at all environments of a project. */
export async function beginAll(ports: Needed, project: Pick<Project, 'id'>): Promise<void> {
  const all = await Environments.all(ports, project);
  for (const { name, waiting_deployment_ids: waiting } of all)
    if (waiting.length > 0) await beginNext(ports, project.id, name);
}

async function readWaiting(ports: Needed, environment: Environment): Promise<Stored<Deployment>[]> {
  const ids = environment.waiting_deployment_ids;
  const items = await ports.table.getMany(ids.map(Keys.deployment));
  const found = items.map(deployments.read);
  return ids.flatMap((id) => found.find(({ value }) => value.id === id) ?? []);
}

/** @returns `again` when something changed, so that all is looked at once more */
async function tryEach(
  ports: Needed,
  environment: Stored<Environment>,
  waiting: readonly Stored<Deployment>[],
  surroundings: Surroundings,
): Promise<Deployment | 'again' | 'none'> {
  for (const stored of waiting) {
    if (!isWaiting(stored.value.status)) {
      // Ended by a version that knew no places.
      await end(ports, stored.value.id, { status: 'cancelled' });
      return 'again';
    }
    const { deployment, verdict } = await judged(ports, stored.value, environment.value, surroundings);
    if (verdict.kind === 'reject') {
      const { message, hint } = verdict;
      await end(ports, deployment.id, { status: 'rejected', error: { message, hint } });
      return 'again';
    }
    if (verdict.kind === 'begin') {
      const begun = await begin(ports, environment, stored, deployment, surroundings);
      return begun ?? 'again';
    }
    await noteWaiting(
      ports,
      stored,
      waitingAs(deployment, verdict.blocks, environment.value, ports.clock.now()),
    );
  }
  return 'none';
}

/** The deployment with the configuration that the environment has now, and what it may do. */
async function judged(
  ports: Needed,
  before: Deployment,
  environment: Environment,
  surroundings: Surroundings,
): Promise<{ deployment: Deployment; verdict: Verdict }> {
  const release = surroundings.release(before.release_id);
  const gone = `Release ${before.release_id} no longer exists.`;
  if (release === undefined)
    return {
      deployment: before,
      verdict: rejected('not_eligible', gone, 'Deploy another release.'),
    };
  try {
    const deployment = await refreshed(ports, before, environment, release.value);
    return { deployment, verdict: verdictOf(surroundings.situationOf(deployment)) };
  } catch (error) {
    // It does not fit the environment any more: another service, another kind of artifact.
    if (!(error instanceof StaitheError)) throw error;
    return {
      deployment: before,
      verdict: rejected('not_eligible', error.message, error.remedy),
    };
  }
}

/**
 * Takes the environment for it, if nothing that the rules went by has changed meanwhile, and starts it.
 * @returns undefined when something has, or its workflow is refused for good
 */
async function begin(
  ports: Needed,
  environment: Stored<Environment>,
  stored: Stored<Deployment>,
  deployment: Deployment,
  surroundings: Surroundings,
): Promise<Deployment | undefined> {
  const now = ports.clock.now();
  const { id } = deployment;
  const admitted: Deployment = {
    ...stepped(deployment, { status: 'waiting', message: 'All rules of the environment are met.', at: now }),
    stage: 'queued',
    waits_for: [],
    admitted_at: now.toISOString(),
    ...(deployment.restores !== undefined && {
      replaces_config_version: environment.value.config_version,
    }),
  };
  try {
    await ports.table.transact([
      environments.change(environment, {
        ...environment.value,
        active_deployment_id: id,
        waiting_deployment_ids: environment.value.waiting_deployment_ids.filter((other) => other !== id),
      }),
      deployments.change(stored, admitted),
      ...surroundings.unchanged(deployment),
    ]);
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
  return (await startOrEnd(ports, id)) ? admitted : undefined;
}

/** Writes down what it waits for, where that is not known yet. Others may have changed it: then they have looked too. */
async function noteWaiting(ports: Needed, stored: Stored<Deployment>, next: Deployment): Promise<void> {
  if (isDeepStrictEqual(withoutUndefined(next), withoutUndefined(stored.value))) return;
  try {
    await deployments.save(ports.table, stored, next);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

const withoutUndefined = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
