/** Claims on how the program speaks: help, mistakes, problems, exit codes. */
import { expect, test } from 'vitest';
import { StaitheError } from '../../lib/domain/error.ts';
import { startContractServer } from './contract-server.ts';
import { build, id, onePage, project } from './examples.ts';
import { makeHome } from './process.ts';

test('alone it tells the way and the next command', async () => {
  using home = makeHome('http://127.0.0.1:1');

  const { code, stdout } = await home.run([]);

  expect(code).toBe(0);
  expect(stdout).toContain('staithe project create hello');
  expect(stdout).toContain('next: staithe status');
});

test.each([
  { args: ['biuld'], detail: "Unknown command 'biuld'", next: 'next: staithe build' },
  { args: ['build', 'crate'], detail: "Unknown command 'crate'", next: 'next: staithe build create' },
  { args: ['build', 'list', '--projct', 'x'], detail: "Unknown option '--projct'", next: 'next: --project' },
  { args: ['deploy', 'test', '--project', 'hello'], detail: 'Nothing to deploy', next: 'Add --release' },
  { args: ['build', 'show'], detail: "Missing required argument 'build'", next: 'staithe build show --help' },
  { args: ['build', 'show', 'nonsense'], detail: 'build: must be the id of a build', next: 'next: ' },
  { args: ['build', 'create', '--project', 'hello'], detail: 'No source specified.', next: '--dir' },
  { args: ['help', 'nonsense'], detail: "Unknown command or help topic 'nonsense'", next: 'exit-codes' },
])('a mistake ends with exit code 2 and the next command: $args', async ({ args, detail, next }) => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);

  const { code, stdout, stderr } = await home.run(args);

  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^error: /);
  expect(stderr).toContain(detail);
  expect(stderr).toContain(next);
  expect(server.requests).toEqual([]);
});

test.each([
  { problem: 'validation_failed', exit: 2 },
  { problem: 'unauthenticated', exit: 3 },
  { problem: 'role_too_low', exit: 3 },
  { problem: 'not_found', exit: 4 },
  { problem: 'slug_taken', exit: 5 },
  { problem: 'internal', exit: 1 },
] as const)('the problem $problem ends with exit code $exit', async ({ problem, exit }) => {
  await using server = await startContractServer({
    createProject: () => {
      throw new StaitheError(problem, 'What happened.', { remedy: 'What to do.' });
    },
  });
  using home = makeHome(server.url);

  const { code, stdout, stderr } = await home.run(['project', 'create', 'hello']);

  expect(code).toBe(exit);
  expect(stdout).toBe('');
  expect(stderr).toBe('error: What happened.\nnext: What to do.\n');
});

test('with --json the problem document stands on stderr, with --verbose the request id', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);

  const asJson = await home.run(['build', 'show', build.id, '--json']);
  const verbose = await home.run(['build', 'show', build.id, '--verbose']);

  expect(JSON.parse(asJson.stderr)).toMatchObject({ code: 'not_found', status: 404, request_id: 'req-1' });
  expect(verbose.stderr).toContain('req-1');
  expect(verbose.stderr).toContain('URL from STAITHE_URL, token from STAITHE_TOKEN');
});

test('a server that is not there ends with exit code 7 and how to start one', async () => {
  using home = makeHome('http://127.0.0.1:1');

  const { code, stderr } = await home.run(['project', 'list']);

  expect(code).toBe(7);
  expect(stderr).toBe(
    'error: Cannot reach http://127.0.0.1:1.\n' +
      '  URL from STAITHE_URL, token from STAITHE_TOKEN\n' +
      'next: staithe start\n',
  );
});

test('a list is one JSON document, and --all is every page of it', async () => {
  await using server = await startContractServer({
    listProjects: ({ query }) =>
      query.cursor === undefined ? { items: [project], next_cursor: 'two' } : onePage(project),
  });
  using home = makeHome(server.url);

  const first = await home.run(['project', 'list', '--limit', '1', '--json']);
  const all = await home.run(['project', 'list', '--all', '--json']);

  expect(JSON.parse(first.stdout)).toEqual({ items: [project], next_cursor: 'two' });
  expect(JSON.parse(all.stdout)).toEqual({ items: [project, project], next_cursor: null });
  expect(server.of('listProjects').map(({ query }) => query.limit)).toEqual(['1', '100', '100']);
});

test('a table is for people, without colours where there is no terminal', async () => {
  await using server = await startContractServer({ listProjects: () => onePage(project) });
  using home = makeHome(server.url);

  const plain = await home.run(['project', 'list']);
  const forced = await home.run(['project', 'list'], { env: { FORCE_COLOR: '1' } });

  expect(plain.stdout.split('\n')[0]).toMatch(/^SLUG +NAME +REPOSITORY +BRANCH +ID$/);
  expect(forced.stdout).toContain('\u001b[1mSLUG');
});

test('a change that lost its answer is sent again under the same key', async () => {
  const keys: unknown[] = [];
  await using server = await startContractServer({ createProject: () => project }, (request, response) => {
    keys.push(request.headers['idempotency-key']);
    if (keys.length > 1) return false;
    response.writeHead(503).end('{"message":"Service Unavailable"}');
    return true;
  });
  using home = makeHome(server.url);

  const { code } = await home.run(['project', 'create', 'hello']);
  await home.run(['project', 'create', 'hello']);

  expect(code).toBe(0);
  const [lost, again, another] = keys;
  expect(lost).toMatch(/^[0-9a-f-]{36}$/);
  expect(again).toBe(lost);
  expect(another).not.toBe(lost);
});

test('deleting asks, and without somebody to ask it changes nothing', async () => {
  await using server = await startContractServer({ deleteProject: () => undefined });
  using home = makeHome(server.url);

  const asked = await home.run(['project', 'delete', 'hello']);
  const sure = await home.run(['project', 'delete', 'hello', '--yes', '--json']);

  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain('--yes');
  expect(JSON.parse(sure.stdout)).toEqual({ project: 'hello', deleted: true });
  expect(server.of('deleteProject')).toHaveLength(1);
});

test('an answer that is not one of the API is said to be so', async () => {
  await using server = await startContractServer({}, (_, response) => {
    response.writeHead(200).end('<html>');
    return true;
  });
  using home = makeHome(server.url);

  const { code, stderr } = await home.run(['run', 'show', id('run')]);

  expect(code).toBe(1);
  expect(stderr).toContain('does not match the API');
  expect(stderr).not.toContain('    at ');
});

test.each([
  [['bogus'], '--help'],
  [['logot'], 'staithe logout'],
  [['build', 'creat'], 'staithe build create'],
  [['build', 'zzz'], 'staithe build --help'],
])('%j is answered with a command that may have been meant, if one is near', async (args, next) => {
  using home = makeHome();

  const { code, stderr } = await home.run(args);

  expect(code).toBe(2);
  expect(stderr.split('next: ')[1]?.trim()).toMatch(new RegExp(`${next}$`));
});
