/** Lists: one page, or all of them. */
import type { Api } from './api.ts';
import type { Result } from './command.ts';
import { usageFailure } from './failure.ts';
import { flag, integer, type listProjectOptions, ownProject, text, type ValuesOf } from './option.ts';
import { type Column, table } from './terminal/table.ts';
import { TIMES, timeOf } from './time.ts';

export const pagingOptions = {
  limit: integer('--limit <n>', 'how many to show, 1 to 100 (default: 20)'),
  cursor: text('--cursor <cursor>', 'go on where an earlier list ended'),
  all: flag('--all', 'show all of them, page after page'),
};

export const spanOptions = {
  since: text('--since <time>', `from this time on: ${TIMES}`),
  until: text('--until <time>', 'up to this time, told in the same way'),
};

/** The two as the API takes them; both ends are included. */
interface Span {
  readonly since?: string;
  readonly until?: string;
}

/** The query of a span. @throws Failure usage */
export function spanOf(options: ValuesOf<typeof spanOptions>): Span {
  const since = options.since === undefined ? undefined : timeOf('--since', options.since);
  const until = options.until === undefined ? undefined : timeOf('--until', options.until);
  if (since !== undefined && until !== undefined && since > until)
    throw usageFailure('--until is before --since, so nothing can be between them.', 'Swap the two times.');
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
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

/**
 * A table for people, `{items, next_cursor}` for programs.
 * @param empty what to try when there is nothing
 * @param span that the list was asked for. A cursor is of that very span, to the millisecond, and 7d ago is another one a
 * moment later; so both get it as it was asked for.
 */
export function listResult<Item>(
  page: Page<Item>,
  columns: readonly Column<Item>[],
  empty: string,
  span: Span = {},
): Result {
  const nothing = page.items.length === 0;
  const { since, until } = span;
  const again = [
    ...(since === undefined ? [] : [`--since ${since}`]),
    ...(until === undefined ? [] : [`--until ${until}`]),
    `--cursor ${page.next_cursor}`,
  ];
  return {
    json: { ...page, ...span },
    text: nothing ? '' : table(page.items, columns),
    notes: [
      ...(nothing ? ['nothing here yet', `next: ${empty}`] : []),
      ...(page.next_cursor === null ? [] : [`more: ${again.join(' ')}, or --all`]),
    ],
  };
}
