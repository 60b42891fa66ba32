/** Reading one thing of a project: the one place where a lookup by id meets what the caller may do there. */
import type { Actor } from '../access/actor.ts';
import { assertRequired, canAccess } from '../access/authorize.ts';
import { notFound } from '../error.ts';
import type { Key, Table } from '../ports/table.ts';
import type { Collection } from './collection.ts';

/**
 * @throws StaitheError not_found, for what does not exist and for what the actor may not see alike | role_too_low (in its
 *   project, or its environment)
 */
export async function readVisible<T extends { project_id: string }>(
  table: Table,
  collection: Collection<T>,
  keyOf: (id: string) => Key,
  actor: Actor,
  id: string,
): Promise<T> {
  return requireVisible((await collection.get(table, keyOf(id)))?.value, collection, actor, id);
}

/** The same of what was read together with other things. @throws StaitheError not_found | role_too_low */
export function requireVisible<T extends { project_id: string }>(
  found: T | undefined,
  { kind, environmentOf }: Pick<Collection<T>, 'kind' | 'environmentOf'>,
  actor: Actor,
  id: string,
): T {
  if (found === undefined || !canAccess(actor, found.project_id)) throw notFound(kind, id);
  assertRequired(actor, { project_id: found.project_id, environment: environmentOf(found) });
  return found;
}
