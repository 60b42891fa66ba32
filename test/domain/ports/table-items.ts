/** Items for the contract of tables, and what becomes of them. */
import {
  ConditionFailed,
  type Item,
  type Position,
  type Query,
  type Table,
} from '../../../lib/domain/ports/table.ts';

let partitions = 0;
/** Tests share a table; each has partitions of its own. */
export const fresh = (): string => `P${++partitions}`;

export const item = (pk: string, sk: string, more: Record<string, unknown> = {}): Item => ({
  pk,
  sk,
  entity: 'thing',
  revision: 1,
  ...more,
});

export async function failure(write: Promise<unknown>): Promise<ConditionFailed> {
  const error: unknown = await write.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConditionFailed) return error;
  throw new Error(`The write was expected to fail its condition; it gave ${String(error)}.`);
}

/** Follows a query to its end. @returns the sort keys page by page */
export async function pages(table: Table, query: Query): Promise<string[][]> {
  const found: string[][] = [];
  let after: Position | undefined;
  do {
    const page = await table.query({ ...query, ...(after && { after }) });
    found.push(page.items.map(({ sk }) => sk));
    after = page.last;
  } while (after !== undefined);
  return found;
}
