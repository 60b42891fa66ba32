/** Cursors of lists: where a page ended, sealed, and of no use in another list. */
import * as z from 'zod';
import { StaitheError } from '../error.ts';
import type { Position, Query, Table } from '../ports/table.ts';
import { seal, unseal } from './seal.ts';

/** Keys are never empty, and DynamoDB takes sort keys of 1024 bytes; ours are ASCII. */
const KeyText = z.string().min(1).max(1024);
/** Keys of the item, and on an index its sort key there. The partition is the list's. */
const Encoded = z.tuple([KeyText, KeyText], KeyText);

/** What is read: the table itself, or one of its indexes. */
export type Source = 'table' | 'gsi1' | 'gsi2';

const purposeOf = (source: Source, partition: string): string => `${source} ${partition}`;

/** The part of a position that its source goes by. */
export function positionIn(source: Source, item: Position): Position {
  const { pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk } = item;
  if (source === 'gsi1' && gsi1pk !== undefined && gsi1sk !== undefined) return { pk, sk, gsi1pk, gsi1sk };
  if (source === 'gsi2' && gsi2pk !== undefined && gsi2sk !== undefined) return { pk, sk, gsi2pk, gsi2sk };
  return { pk, sk };
}

export async function encodeCursor(
  table: Table,
  source: Source,
  partition: string,
  position: Position,
): Promise<string> {
  const { pk, sk, gsi1sk, gsi2sk } = positionIn(source, position);
  const sort = gsi1sk ?? gsi2sk;
  const parts: z.infer<typeof Encoded> = sort === undefined ? [pk, sk] : [pk, sk, sort];
  return seal(table, purposeOf(source, partition), Buffer.from(JSON.stringify(parts)));
}

/** @throws StaitheError invalid_cursor when it is not one, or one of another list */
export async function decodeCursor(
  table: Table,
  source: Source,
  partition: string,
  cursor: string,
): Promise<NonNullable<Query['after']>> {
  const content = await unseal(table, purposeOf(source, partition), cursor);
  if (content === undefined)
    throw new StaitheError('invalid_cursor', 'The cursor does not belong to this list.');
  const [pk, sk, sort = ''] = Encoded.parse(JSON.parse(content.toString()));
  if (source === 'gsi1') return { pk, sk, gsi1pk: partition, gsi1sk: sort };
  if (source === 'gsi2') return { pk, sk, gsi2pk: partition, gsi2sk: sort };
  return { pk, sk };
}
