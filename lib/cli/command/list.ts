/** Commands that list: one page or all of them, of one project or across projects, in a span of time. */

import type { OperationId } from '../../contract/routes.ts';
import type { Api } from '../api/api.ts';
import { usageFailure } from '../failure/failure.ts';
import { type Column, table } from '../terminal/table.ts';
import { type Command, command, type Result } from './command.ts';
import {
  boundProject,
  flag,
  integer,
  listProjectOptions,
  type OptionKinds,
  text,
  type ValuesOf,
} from './option.ts';
import { TIMES, timeOf } from './time.ts';

const pagingOptions = {
  limit: integer('--limit <n>', 'Maximum number of results, 1 to 100 (default: 20)'),
  cursor: text('--cursor <cursor>', 'Continue after an earlier list; its output has the cursor'),
  all: flag('--all', 'All results, page by page'),
};

const spanOptions = {
  since: text('--since <time>', `Only from this time on: ${TIMES}`),
  until: text('--until <time>', 'Only up to this time, in the same formats'),
};

/** The two as the API takes them; both ends are included. */
interface Span {
  readonly since?: string;
  readonly until?: string;
}

/** The query of a span. @throws Failure usage */
function spanOf(options: ValuesOf<typeof spanOptions>): Span {
  const since = options.since === undefined ? undefined : timeOf('--since', options.since);
  const until = options.until === undefined ? undefined : timeOf('--until', options.until);
  if (since !== undefined && until !== undefined && since > until)
    throw usageFailure('--until is before --since.', 'Swap the two times.');
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

/**
 * The project of a list: the one that was named, the one that the token is bound to, or undefined for all projects.
 * @throws Failure usage, when none of these applies
 */
async function projectOfList(
  options: ValuesOf<typeof listProjectOptions>,
  api: Api<'whoAmI'>,
): Promise<string | undefined> {
  const { project, allProjects } = options;
  // --all-projects overrides STAITHE_PROJECT.
  if (allProjects) return undefined;
  if (project) return project;
  const bound = await boundProject(api);
  if (bound !== undefined) return bound;
  throw usageFailure(
    'No project specified, and the token is not bound to one.',
    'Add --project <project> or --all-projects, or set STAITHE_PROJECT.',
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

interface PageQuery {
  limit?: number;
  cursor?: string;
}

/** The most that the API returns per request (lib/contract/route.ts), so that --all takes the fewest requests. */
const LARGEST_PAGE = 100;
/** What the API returns without a limit. */
const DEFAULT_PAGE = 20;

/** Reads the page that the options ask for, or every page from there on. */
async function readPages<Item>(
  paging: Paging,
  readPage: (query: PageQuery) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const wanted = paging.all ? Number.POSITIVE_INFINITY : (paging.limit ?? DEFAULT_PAGE);
  const items: Item[] = [];
  let cursor: string | null | undefined = paging.cursor;
  do {
    const limit = paging.all ? (paging.limit ?? LARGEST_PAGE) : wanted - items.length;
    const page: Page<Item> = await readPage({ limit, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
    // The API filters after it reads, so a page may be short although more results follow.
  } while (cursor !== null && items.length < wanted);
  return { items, next_cursor: cursor };
}

/** The project of each row, by its slug. */
async function projectColumn(api: Api<'listProjects'>): Promise<Column<{ readonly project_id: string }>> {
  // The API lists across at most this many projects.
  const { items } = await api.call('listProjects', { query: { limit: LARGEST_PAGE } });
  const slugs = new Map(items.map(({ id, slug }) => [id, slug]));
  return { title: 'project', value: ({ project_id: id }) => slugs.get(id) ?? id };
}

/**
 * A table for people, `{items, next_cursor}` for programs.
 * @param nextWhenEmpty the command to try when there are no results
 * @param span of the list, in absolute times. A cursor is valid for this very span, to the millisecond, and a relative one
 * such as 7d moves; so the output has the absolute times.
 */
function listResult<Item>(
  page: Page<Item>,
  columns: readonly Column<Item>[],
  nextWhenEmpty: string,
  span: Span = {},
): Result {
  const isEmpty = page.items.length === 0;
  const { since, until } = span;
  const continuation = [
    ...(since === undefined ? [] : [`--since ${since}`]),
    ...(until === undefined ? [] : [`--until ${until}`]),
    `--cursor ${page.next_cursor}`,
  ];
  return {
    json: { ...page, ...span },
    text: isEmpty ? '' : table(page.items, columns),
    notes: [
      ...(isEmpty ? ['No results.', `next: ${nextWhenEmpty}`] : []),
      ...(page.next_cursor === null ? [] : [`more: ${continuation.join(' ')}, or --all`]),
    ],
  };
}

type Args = Readonly<Record<string, string>>;

interface Input<A extends Args, Options> {
  readonly args: { readonly [Name in keyof A]: string };
  readonly options: Options;
}

interface ListSpec<A extends Args, O extends OptionKinds, Op extends OperationId, Item> {
  /** Without it: `list`. */
  readonly name?: string;
  readonly summary: string;
  readonly args?: A;
  /** Beside those of all lists. */
  readonly options?: O;
  readonly examples: readonly [string, ...string[]];
  readonly calls: readonly Op[];
  readonly columns: readonly Column<Item>[];
  readPage(input: Input<A, ValuesOf<O>>, api: Api<Op>, query: PageQuery): Promise<Page<Item>>;
  /** The command to try when there are no results. */
  nextWhenEmpty(input: Input<A, ValuesOf<O>>): string;
}

/**
 * Declares a command that lists.
 * @example listCommand({ summary: 'List tokens', calls: ['listTokens'], readPage: (_, api, query) => api.call('listTokens', { query }), … })
 */
export function listCommand<
  const Op extends OperationId,
  Item,
  const A extends Args = Record<never, never>,
  const O extends OptionKinds = Record<never, never>,
>({ readPage, nextWhenEmpty, columns, ...declared }: ListSpec<A, O, Op, Item>): Command {
  return command({
    name: 'list',
    ...declared,
    options: { ...declared.options, ...pagingOptions },
    async run({ args, options }, { api }) {
      // The values of a spread of O are those of O and of the spread; TypeScript leaves the generic type unresolved.
      const input = { args, options: options as unknown as ValuesOf<O> & Paging };
      const page = await readPages(input.options, (query) => readPage(input, api, query));
      return listResult(page, columns, nextWhenEmpty(input));
    },
  });
}

type ListValues = ValuesOf<typeof listProjectOptions & typeof spanOptions & typeof pagingOptions>;

interface AcrossSpec<O extends OptionKinds, Op extends OperationId, Item, Filter extends object> {
  readonly summary: string;
  readonly details?: string;
  /** Beside those of all such lists. */
  readonly options?: O;
  readonly examples: readonly [string, ...string[]];
  readonly calls: readonly Op[];
  /** @param project undefined: the list is across projects */
  columns(project: string | undefined, api: Api<'listProjects'>): Promise<readonly Column<Item>[]>;
  /** The filters of the request; called before any request. @throws Failure usage */
  filterOf(options: ValuesOf<O> & Pick<ListValues, 'allProjects'>): Filter;
  readPage(project: string | undefined, api: Api<Op>, query: Filter & Span & PageQuery): Promise<Page<Item>>;
  /** The command to try when there are no results. */
  nextWhenEmpty(project: string | undefined, filter: Filter & Span): string;
  /** Whether the options ask for something that is of no project. */
  readonly isOfNoProject?: (options: ValuesOf<O>) => boolean;
}

/** Declares a command that lists in one project or across projects, in a span of time. */
export function listAcrossCommand<
  const Op extends OperationId,
  Item,
  Filter extends object,
  const O extends OptionKinds = Record<never, never>,
>(spec: AcrossSpec<O, Op, Item, Filter>): Command {
  const { columns, filterOf, readPage, nextWhenEmpty, isOfNoProject = () => false, ...declared } = spec;
  return command({
    name: 'list',
    ...declared,
    options: { ...listProjectOptions, ...declared.options, ...spanOptions, ...pagingOptions },
    calls: [...declared.calls, 'whoAmI', 'listProjects'],
    async run(input, { api }) {
      // As in listCommand.
      const options = input.options as unknown as ValuesOf<O> & ListValues;
      const span = spanOf(options);
      const filter = { ...filterOf(options), ...span };
      const project = isOfNoProject(options) ? undefined : await projectOfList(options, api);
      const page = await readPages(options, (query) => readPage(project, api, { ...filter, ...query }));
      return listResult(page, await columns(project, api), nextWhenEmpty(project, filter), span);
    },
  });
}

/** Columns of a list whose rows name their project: with that one first when the list is across projects. */
export const withProject =
  <Item extends { readonly project_id: string }>(columns: readonly Column<Item>[]) =>
  async (project: string | undefined, api: Api<'listProjects'>): Promise<readonly Column<Item>[]> =>
    project === undefined ? [await projectColumn(api), ...columns] : columns;
