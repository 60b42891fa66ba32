/** Secrets of projects: kept, named, forgotten. Their values are only ever given to jobs (of-job.ts). */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { SecretChangeReused } from '../ports/project-secrets.ts';
import { ConditionFailed } from '../ports/table.ts';
import { createContent } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { secretReads, secrets } from './record.ts';
import type { PutSecret, Secret, SecretRead } from './schema.ts';

/**
 * Keeps a value under a name, in place of the one before. The value goes first and its record second: of a crash
 * between the two is left a value that no job is given, until the request is sent again.
 * @param seed a ULID that a repeat of the same request has too
 * @throws StaitheError not_found | idempotency_key_reused | busy
 */
export async function put(
  ports: Pick<Ports, 'table' | 'projectSecrets' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  name: string,
  { value }: PutSecret,
  seed?: string,
): Promise<Secret> {
  const now = ports.clock.now();
  const change = seed ?? ports.randomness.ulid(now.getTime());
  const isPresent = await ports.projectSecrets
    .put({ projectId: project.id, name, value, change })
    .catch((error: unknown) => {
      if (!(error instanceof SecretChangeReused)) throw error;
      throw new StaitheError(
        'idempotency_key_reused',
        `The Idempotency-Key was used for another value of ${name}.`,
      );
    });
  const by = { updated_at: now.toISOString(), updated_by: nameOf(actor), change };
  const key = Keys.secret(project.id, name);
  const amended = () =>
    secrets.update(ports.table, key, (secret) =>
      secret.change === change || !isPresent
        ? undefined
        : { ...secret, ...by, versions: secret.versions + 1 },
    );
  const known = await amended();
  if (known !== undefined) return known.value;
  const created = {
    name,
    project_id: project.id,
    versions: 1,
    created_at: by.updated_at,
    created_by: by.updated_by,
    ...by,
  };
  try {
    await createContent(ports, project, [secrets.creation(created)]);
    return created;
  } catch (error) {
    // The project was deleted meanwhile: its deletion may have passed here already.
    if (error instanceof StaitheError && error.code === 'not_found')
      await ports.projectSecrets.remove(project.id, name);
    if (!(error instanceof ConditionFailed)) throw error;
    const raced = await amended();
    if (raced === undefined)
      throw new StaitheError('busy', `The secret ${name} was deleted at the same time.`);
    return raced.value;
  }
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, project: Project, name: string): Promise<Secret> {
  const found = await secrets.get(ports.table, Keys.secret(project.id, name));
  if (found === undefined) throw notFound('secret', name);
  return found.value;
}

/** By name. */
export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Secret>> {
  return secrets.list(ports.table, Partitions.secrets(project.id), paging, {
    ascending: true,
    of: 'table',
  });
}

/** Which jobs were given the value, newest first; also of a secret that was deleted since. */
export async function reads(
  ports: Pick<Ports, 'table'>,
  project: Project,
  name: string,
  paging: Paging,
): Promise<Listed<SecretRead>> {
  return secretReads.list(ports.table, Partitions.secretReads(project.id, name), paging, { of: 'table' });
}

/**
 * Forgets a secret: the value first, so that a repeat after a crash finds the record and does the rest.
 * @throws StaitheError not_found
 */
export async function remove(
  ports: Pick<Ports, 'table' | 'projectSecrets'>,
  project: Project,
  name: string,
): Promise<void> {
  await get(ports, project, name);
  await ports.projectSecrets.remove(project.id, name);
  await ports.table.write({ remove: Keys.secret(project.id, name), when: { any: true } });
}
