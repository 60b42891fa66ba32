/** Pages of the projects of an actor who sees single ones: there are few, and all are read. */
import { StaitheError } from '../error.ts';
import type { Table } from '../ports/table.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { seal, unseal } from '../storage/seal.ts';
import type { Project } from './schema.ts';

/** A cursor holds the last slug of its page. It may be shown to whoever has it: they have seen that project. */
const PURPOSE = 'projects of one actor, by slug';

/** @param all by slug @throws StaitheError invalid_cursor */
export async function pageBySlug(
  table: Table,
  all: readonly Project[],
  { limit, cursor }: Paging,
): Promise<Listed<Project>> {
  const after = cursor === undefined ? '' : (await unseal(table, PURPOSE, cursor))?.toString();
  if (after === undefined)
    throw new StaitheError('invalid_cursor', 'The cursor does not belong to this list.');
  const rest = all.filter(({ slug }) => slug > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const isOver = last === undefined || rest.length <= limit;
  return { items, next_cursor: isOver ? null : await seal(table, PURPOSE, Buffer.from(last.slug)) };
}
