/** Environments: set, find, list, forget. */
import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { type Check, ConditionFailed, type Write } from '../ports/table.ts';
import { createContent } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import type { Listed, Paging, Stored } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { isSameTarget } from '../target/index.ts';
import { CONFIGURATION } from './configuration.ts';
import { environments } from './record.ts';
import type { Environment, Owner, PutEnvironment } from './schema.ts';
import { assertAllKnown, assertTarget } from './settable.ts';
import { claimTarget, releaseTarget } from './target.ts';

/** With n writers at once the slowest needs n tries; more than ten on one environment means that something is wrong. */
const TRIES = 10;

/**
 * Creates the environment or changes it. A deployment under way keeps the configuration that it began with.
 * @param actor who is told of other projects only if they may see them
 * @param manifest when it is not a request that sets it
 * @throws StaitheError not_found | busy | function_taken | runtime_unavailable | target_unavailable | environment_owned
 * @throws ConditionFailed of the guard of `manifest`
 */
export async function put(
  ports: Pick<Ports, 'table' | 'clock' | 'runtimes' | 'runsProcesses'>,
  project: Project,
  name: string,
  { owner, ...input }: PutEnvironment,
  actor?: Actor,
  manifest?: ManifestClaim,
): Promise<Environment> {
  const { table } = ports;
  const key = Keys.environment(project.id, name);
  const { target } = input;
  assertTarget(ports, input);
  await assertKnown(ports, project, name, input.after);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const stored = await environments.get(table, key);
    if (stored?.value.owner.kind === 'api' && manifest !== undefined) return stored.value;
    if (stored !== undefined && manifest === undefined && owner !== 'api') assertOwn(stored.value);
    const now = ports.clock.now().toISOString();
    const base: Base = stored?.value ?? {
      name,
      project_id: project.id,
      owner: { kind: 'api' },
      config_version: 0,
      waiting_deployment_ids: [],
      created_at: now,
    };
    const same = stored !== undefined && isSameTarget(stored.value.target, target) ? stored.value : undefined;
    const since = same === undefined ? now : (same.function_since ?? same.created_at);
    const next: Environment = {
      ...base,
      ...input,
      owner: manifest?.owner ?? (owner === undefined ? base.owner : { kind: owner }),
      service: input.service,
      test: input.test,
      health_body: input.health_body,
      health_max_ms: input.health_max_ms,
      approvals: input.approvals,
      auto: input.auto,
      config_version: base.config_version + (changesConfiguration(stored?.value, input) ? 1 : 0),
      function_since: since,
      updated_at: now,
    };
    const write = stored === undefined ? environments.creation(next) : environments.change(stored, next);
    const targets = [
      ...(await claimTarget(table, target, { project, environment: name }, actor)),
      ...(stored === undefined || same !== undefined
        ? []
        : await releaseTarget(table, stored.value.target, { project_id: project.id, environment: name })),
    ];
    const along = manifest?.along(stored?.value, next) ?? [];
    try {
      if (manifest !== undefined)
        await createContent(ports, project, [manifest.guard, write, ...targets, ...along]);
      else if (stored !== undefined && targets.length === 0) await table.write(write);
      else await createContent(ports, project, [write, ...targets]);
      return next;
    } catch (error) {
      if (!(error instanceof ConditionFailed) || (manifest !== undefined && error.index === 0)) throw error;
    }
  }
  throw new StaitheError('busy', `Environment '${name}' was changed by others ${TRIES} times in a row.`);
}

/** @throws StaitheError environment_unknown */
async function assertKnown(
  ports: Pick<Ports, 'table'>,
  project: Project,
  name: string,
  after: readonly string[],
): Promise<void> {
  if (after.length === 0) return;
  const known = new Map((await all(ports, project)).map((environment) => [environment.name, environment]));
  assertAllKnown(project, after, (other) => other === name || known.has(other));
  // What it comes after, and what these come after: it must not be among them.
  const earlier = new Set(after);
  for (const other of earlier) for (const more of known.get(other)?.after ?? []) earlier.add(more);
  if (earlier.has(name))
    throw new StaitheError('environment_unknown', `Environment '${name}' cannot come after itself.`, {
      remedy: 'Choose environments that do not come after this one.',
    });
}

type Base = Pick<
  Environment,
  'name' | 'project_id' | 'owner' | 'config_version' | 'waiting_deployment_ids' | 'created_at'
> &
  Partial<Environment>;

/** What the manifest of a build does to an environment. */
export interface ManifestClaim {
  readonly owner: Owner;
  /** What must hold as it is written. */
  readonly guard: Check;
  /** Writes that follow from the change, in one transaction with it. */
  readonly along: (before: Environment | undefined, next: Environment) => readonly Write[];
}

/** @throws StaitheError environment_owned */
export function assertOwn({ name, owner }: Environment): void {
  if (owner.kind === 'api') return;
  const from = owner.commit === undefined ? '' : `, last by commit ${owner.commit}`;
  throw new StaitheError('environment_owned', `The manifest sets environment '${name}'${from}.`);
}

const changesConfiguration = (
  before: Environment | undefined,
  input: Omit<PutEnvironment, 'owner'>,
): boolean =>
  before === undefined ||
  [...CONFIGURATION, 'service' as const].some((field) => !isDeepStrictEqual(before[field], input[field]));

/** @throws StaitheError not_found */
export async function read(
  ports: Pick<Ports, 'table'>,
  project: Pick<Project, 'id'>,
  name: string,
): Promise<Stored<Environment>> {
  const found = await environments.get(ports.table, Keys.environment(project.id, name));
  if (found === undefined) throw notFound('environment', name);
  return found;
}

export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Environment>> {
  return environments.list(ports.table, Partitions.environments(project.id), paging, {
    ascending: true,
    of: 'table',
  });
}

/** All of a project. */
export async function all(ports: Pick<Ports, 'table'>, project: Pick<Project, 'id'>): Promise<Environment[]> {
  const found: Environment[] = [];
  const partition = Partitions.environments(project.id);
  for await (const page of environments.pages(ports.table, partition, { limit: 100, of: 'table' }))
    found.push(...page);
  return found;
}

/** Forgets the environment. The function stays: deleting what serves traffic is the owner's business. */
export async function remove(ports: Pick<Ports, 'table'>, project: Project, name: string): Promise<void> {
  const stored = await read(ports, project, name);
  assertOwn(stored.value);
  const [waiting] = stored.value.waiting_deployment_ids;
  if (stored.value.active_deployment_id !== undefined || waiting !== undefined)
    throw new StaitheError(
      'environment_in_use',
      stored.value.active_deployment_id === undefined
        ? `Deployment ${waiting} to '${name}' waits to begin.`
        : `Deployment ${stored.value.active_deployment_id} to '${name}' is in progress.`,
    );
  const following = (await all(ports, project)).find(({ after }) => after.includes(name));
  if (following !== undefined)
    throw new StaitheError(
      'environment_in_use',
      `Releases go to environment '${following.name}' after '${name}'.`,
      { remedy: `Change that first: staithe environment set ${following.name} --after none.` },
    );
  await ports.table
    .transact([
      { remove: Keys.environment(project.id, name), when: { revision: stored.revision } },
      ...(await releaseTarget(ports.table, stored.value.target, {
        project_id: project.id,
        environment: name,
      })),
    ])
    .catch((error: unknown) => {
      if (error instanceof ConditionFailed)
        throw new StaitheError(
          'environment_in_use',
          `Environment '${name}' was changed by another request at the same time.`,
        );
      throw error;
    });
}
