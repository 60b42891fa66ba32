/** Lists: one page, or all of them. */
import type { Result } from './command.ts';
import { flag, integer, text } from './option.ts';
import { type Column, table } from './terminal/table.ts';

export const pagingOptions = {
  limit: integer('--limit <n>', 'how many to show, 1 to 100 (default: 20)'),
  cursor: text('--cursor <cursor>', 'go on where an earlier list ended'),
  all: flag('--all', 'show all of them, page after page'),
};

interface Paging {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly all: boolean;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

type PageQuery = { limit?: number; cursor?: string };

/** The most that the API gives at once (lib/contract/route.ts), so that --all takes the fewest requests. */
const LARGEST_PAGE = 100;

/** Reads the page that the options ask for, or every page from there on. */
export async function readPages<Item>(
  paging: Paging,
  ask: (query: PageQuery) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const limit = paging.limit ?? (paging.all ? LARGEST_PAGE : undefined);
  const items: Item[] = [];
  let cursor: string | null | undefined = paging.cursor;
  do {
    const page: Page<Item> = await ask({ ...(limit !== undefined && { limit }), ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (paging.all && cursor !== null);
  return { items, next_cursor: cursor };
}

/** A table for people, `{items, next_cursor}` for programs. @param empty what to try when there is nothing */
export function listResult<Item>(page: Page<Item>, columns: readonly Column<Item>[], empty: string): Result {
  const nothing = page.items.length === 0;
  return {
    json: page,
    text: nothing ? '' : table(page.items, columns),
    notes: [
      ...(nothing ? ['nothing here yet', `next: ${empty}`] : []),
      ...(page.next_cursor === null ? [] : [`more: --cursor ${page.next_cursor}, or --all`]),
    ],
  };
}
