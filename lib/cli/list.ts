/** Lists: one page, or all of them. */
import type { Api } from './api.ts';
import type { Result } from './command.ts';
import { usageFailure } from './failure.ts';
import { flag, integer, type listProjectOptions, ownProject, text, type ValuesOf } from './option.ts';
import { type Column, table } from './terminal/table.ts';

export const pagingOptions = {
  limit: integer('--limit <n>', 'how many to show, 1 to 100 (default: 20)'),
  cursor: text('--cursor <cursor>', 'go on where an earlier list ended'),
  all: flag('--all', 'show all of them, page after page'),
};

export const spanOptions = {
  since: text('--since <time>', 'from this time on: 90m, 12h, 7d ago, or 2026-11-21, 2026-11-21T09:30:00Z'),
  until: text('--until <time>', 'up to this time, told in the same way'),
};

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

/** A time as people tell it. @throws Failure usage */
function timestampOf(flag: string, told: string): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(told) ?? [];
  const at =
    count === undefined
      ? /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(told)
        ? new Date(/^\d{4}-\d{2}-\d{2}$/.test(told) ? `${told}T00:00:00` : told)
        : new Date(Number.NaN)
      : new Date(Date.now() - Number(count) * (UNITS[unit] ?? 1) * 1000);
  if (Number.isNaN(at.getTime()))
    throw usageFailure(
      `'${told}' is no time.`,
      `Give ${flag} as 90m, 12h or 7d ago, or as a date such as 2026-11-21 or 2026-11-21T09:30:00Z.`,
    );
  return at.toISOString();
}

/** The query of a span. A date without a zone is one of this machine's. */
export function spanOf(options: ValuesOf<typeof spanOptions>): { since?: string; until?: string } {
  const { since, until } = options;
  return {
    ...(since !== undefined && { since: timestampOf('--since', since) }),
    ...(until !== undefined && { until: timestampOf('--until', until) }),
  };
}

/**
 * Which project a list is of: the one that is named, all of them (undefined), or the token's own.
 * @throws Failure usage, when nothing tells it
 */
export async function projectOfList(
  options: ValuesOf<typeof listProjectOptions>,
  api: Api<'whoAmI'>,
): Promise<string | undefined> {
  const { project, allProjects } = options;
  // The environment's project stands for the commands that name none; --all-projects names all.
  if (allProjects) return undefined;
  if (project) return project;
  const own = await ownProject(api);
  if (own !== undefined) return own;
  throw usageFailure(
    'Nothing says of which project: the token is bound to none.',
    'Give --project <project> or --all-projects, or set STAITHE_PROJECT.',
  );
}

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
/** What the API gives when nothing is asked for. */
const DEFAULT_PAGE = 20;

/** Reads the page that the options ask for, or every page from there on. */
export async function readPages<Item>(
  paging: Paging,
  ask: (query: PageQuery) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const wanted = paging.all ? Number.POSITIVE_INFINITY : (paging.limit ?? DEFAULT_PAGE);
  const items: Item[] = [];
  let cursor: string | null | undefined = paging.cursor;
  do {
    const limit = paging.all ? (paging.limit ?? LARGEST_PAGE) : wanted - items.length;
    const page: Page<Item> = await ask({ limit, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
    // A page of a list that is looked through may be short; it is filled by the next ones.
  } while (cursor !== null && items.length < wanted);
  return { items, next_cursor: cursor };
}

/**
 * Which project each thing is of, in a list of all of them: by slug, which people know.
 * @param project the one that the list is of; then there is no such column
 */
export async function projectColumn(
  project: string | undefined,
  api: Api<'listProjects'>,
): Promise<readonly Column<{ readonly project_id: string }>[]> {
  if (project !== undefined) return [];
  // As many as a list across projects may be of.
  const { items } = await api.call('listProjects', { query: { limit: LARGEST_PAGE } });
  const slugs = new Map(items.map(({ id, slug }) => [id, slug]));
  return [{ title: 'project', value: ({ project_id: id }) => slugs.get(id) ?? id }];
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
