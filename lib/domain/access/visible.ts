/** Reading one thing of a project: the one place where a lookup by id meets the binding of the caller's token. */
import { notFound } from '../error.ts';
import type { Key, Table } from '../ports/table.ts';
import type { Collection } from '../storage/collection.ts';
import { type Actor, sees } from './actor.ts';

/** @throws StaitheError not_found, for what does not exist and for what the actor may not see alike */
export async function readVisible<T extends { project_id: string }>(
  table: Table,
  collection: Collection<T>,
  keyOf: (id: string) => Key,
  actor: Actor,
  id: string,
): Promise<T> {
  const found = await collection.get(table, keyOf(id));
  if (found === undefined || !sees(actor, found.value.project_id)) throw notFound(collection.kind, id);
  return found.value;
}
