/** Environments: set, find, list, forget. */
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { createIn } from '../project/alive.ts';
import type { Project } from '../project/schema.ts';
import type { Listed, Paging, Stored } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { environments } from './record.ts';
import type { Environment, PutEnvironment } from './schema.ts';

/**
 * Creates the environment or changes it. A deployment under way keeps the configuration that it began with.
 * @throws StaitheError not_found | busy
 */
export async function put(
  ports: Pick<Ports, 'table' | 'clock'>,
  project: Project,
  name: string,
  input: PutEnvironment,
): Promise<Environment> {
  const now = ports.clock.now().toISOString();
  const key = Keys.environment(project.id, name);
  const change = (value: Environment): Environment => ({
    ...value,
    ...input,
    service: input.service,
    updated_at: now,
  });
  const changed = await environments.update(ports.table, key, change);
  if (changed !== undefined) return changed.value;
  const created: Environment = { name, project_id: project.id, ...input, created_at: now, updated_at: now };
  try {
    await createIn(ports.table, project.id, [environments.creation(created)]);
    return created;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const raced = await environments.update(ports.table, key, change);
    if (raced === undefined)
      throw new StaitheError('busy', `Environment '${name}' was deleted at the same moment.`);
    return raced.value;
  }
}

/** @throws StaitheError not_found */
export async function read(
  ports: Pick<Ports, 'table'>,
  project: Project,
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

/** Forgets the environment. The function stays: deleting what serves traffic is the owner's business. */
export async function remove(ports: Pick<Ports, 'table'>, project: Project, name: string): Promise<void> {
  const stored = await read(ports, project, name);
  if (stored.value.active_deployment_id !== undefined)
    throw new StaitheError(
      'environment_in_use',
      `Deployment ${stored.value.active_deployment_id} to '${name}' is under way.`,
    );
  await ports.table
    .write({ remove: Keys.environment(project.id, name), when: { revision: stored.revision } })
    .catch((error: unknown) => {
      if (error instanceof ConditionFailed)
        throw new StaitheError('environment_in_use', `Environment '${name}' was changed at the same moment.`);
      throw error;
    });
}
