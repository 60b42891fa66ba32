/** Claims on lists: of which project they are, and what they show. */
import { expect, test } from 'vitest';
import type { Session } from '../../lib/cli/command/command.ts';
import { GROUPS } from '../../lib/cli/commands.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import { type Handlers, startContractServer } from './contract-server.ts';
import { build, failedRun, id, onePage, project, me as someone } from './examples.ts';
import { makeHome } from './process.ts';

const me = (project_id?: string) => ({ ...someone, role: 'viewer' as const, project_id });
const listed = {
  ...build,
  git_ref: 'refs/heads/main',
  git_sha: '3f786850e387550fdab836ed7e6dc881de23001b',
  trigger: 'push' as const,
  latest_run: failedRun,
};
const page = (items: (typeof listed)[] = [listed], next_cursor: string | null = null) => ({
  items,
  next_cursor,
});

async function ran(handlers: Handlers, args: readonly string[]) {
  await using server = await startContractServer(handlers);
  using home = makeHome(server.url);
  return { ...(await home.run([...args])), requests: server.requests };
}

test('a list needs no project where the token is bound to one, and shows how each build stands', async () => {
  const handlers = { whoAmI: () => me(id('prj')), listBuilds: () => page() };

  const { code, stdout, requests } = await ran(handlers, ['build', 'list']);

  expect(code).toBe(0);
  const [titles = '', row = ''] = stdout.split('\n');
  expect(titles.split(/\s+/)).toEqual([
    'ID',
    'STATUS',
    'REF',
    'COMMIT',
    'SERVICES',
    'TRIGGER',
    'TOOK',
    'AGE',
  ]);
  expect(row.split(/ {2,}/).slice(1, 7)).toEqual(['failed', 'main', '3f78685', 'all', 'push', '1m 5s']);
  expect(requests.map(({ operation }) => operation)).toEqual(['whoAmI', 'listBuilds']);
});

test('so do other commands of a project; a token that is bound to none is told what to give', async () => {
  const handlers = { whoAmI: () => me() };

  const listing = await ran(handlers, ['release', 'list']);
  const other = await ran(handlers, ['secret', 'list']);

  expect([listing.code, other.code]).toEqual([2, 2]);
  expect(listing.stderr).toContain('--all-projects');
  expect(other.stderr).toContain('--project <project> is missing, and the token is not bound to a project.');
});

test('across projects a list names the project, hands its filters on, and fills a page that is short', async () => {
  const other = { ...listed, id: `bld_${'0'.repeat(26)}` };
  const handlers: Handlers = {
    listProjects: () => ({ items: [project], next_cursor: null }),
    listAllBuilds: ({ query }) => (query.cursor === undefined ? page([listed], 'more') : page([other])),
  };
  const args = ['build', 'list', '--all-projects', '--status', 'failed', '--ref', 'main', '--since', '2d'];

  const { code, stdout, requests } = await ran(handlers, args);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^PROJECT .*\nhello /);
  expect(stdout.trim().split('\n')).toHaveLength(3);
  const [first, second] = requests.map(({ query }) => query);
  expect(first).toMatchObject({ status: 'failed', ref: 'main', limit: '20' });
  expect(Date.now() - Date.parse(first?.since ?? '')).toBeGreaterThanOrEqual(2 * 86_400_000);
  expect(second).toEqual({ ...first, limit: '19', cursor: 'more' });
});

test.each(['build', 'artifact', 'release', 'deployment', 'delivery'])(
  '%s list offers its rest with the very times that it was asked for',
  async (noun) => {
    const asked: Readonly<Record<string, unknown>>[] = [];
    const notes: string[] = [];
    const { commands } = (await GROUPS.find(({ name }) => name === noun)?.load()) ?? { commands: [] };
    const api = {
      call: async (_: string, { query }: { query: Record<string, unknown> }) => {
        asked.push(query);
        return { items: [], next_cursor: asked.length > 1 ? null : 'c' };
      },
    };
    const list = commands.find(({ name }) => name === 'list');

    const result = await list?.execute([], { project: 'hello', since: '7d', until: '1m', limit: 0 }, {
      api,
    } as unknown as Session);
    if (result !== undefined && 'notes' in result) notes.push(...(result.notes ?? []));

    const [{ since, until } = {}] = asked;
    expect(notes).toContain(`more: --since ${since} --until ${until} --cursor c, or --all`);
    expect(result).toMatchObject({ json: { since, until, next_cursor: 'c' } });
  },
);

test('what a list offers to go on with is taken as it is offered', async () => {
  const rest = (span: object, cursor: string) => (cursor === JSON.stringify(span) ? page([]) : undefined);
  const handlers: Handlers = {
    // Like the API's: a cursor of the times that the list was asked for, and of no others.
    listBuilds: ({ query: { since, until, cursor } }) => {
      if (cursor === undefined) return page([listed], JSON.stringify({ since, until }).replaceAll('"', "'"));
      const found = rest({ since, until }, cursor.replaceAll("'", '"'));
      if (found === undefined) throw new StaitheError('invalid_cursor', 'It is of another list.');
      return found;
    },
  };
  const list = ['build', 'list', '--project', 'hello', '--limit', '1', '--since', '7d', '--until', '1m'];
  await using server = await startContractServer(handlers);
  using home = makeHome(server.url);

  const shown = await home.run(list);
  const document = JSON.parse((await home.run([...list, '--json'])).stdout);
  const offered = /^more: (.*), or --all$/m.exec(shown.stderr)?.[1] ?? '';
  const further = await home.run([...list, ...offered.split(' ')]);
  const { since, until, next_cursor } = document;
  const byProgram = await home.run([...list, '--since', since, '--until', until, '--cursor', next_cursor]);

  expect(offered).toMatch(/^--since \S+Z --until \S+Z --cursor \S+$/);
  expect([further.code, byProgram.code]).toEqual([0, 0]);
});

test('a span that ends before it begins is refused', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);
  const span = ['--since', '1d', '--until', '2d'];

  const { code, stderr } = await home.run(['build', 'list', '--project', 'hello', ...span]);

  expect(code).toBe(2);
  expect(stderr).toContain('--until is before --since');
});

test('one project and all of them contradict each other, unless the one is of the environment', async () => {
  await using server = await startContractServer({
    listProjects: () => onePage(project),
    listAllReleases: () => onePage(),
  });
  using home = makeHome(server.url);
  const all = ['release', 'list', '--all-projects'];

  const both = await home.run([...all, '--project', 'hello']);
  const usual = await home.run(all, { env: { STAITHE_PROJECT: 'hello' } });

  expect([both.code, usual.code]).toEqual([2, 0]);
  expect(both.stderr).toContain('--all-projects and --project <project> cannot be combined.');
});
