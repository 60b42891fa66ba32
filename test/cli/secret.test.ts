/** Claims on `staithe secret` and `staithe cache`. */
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import { type Handlers, startContractServer } from './contract-server.ts';
import { DIGEST, id, job, onePage, project, run } from './examples.ts';
import { makeHome } from './process.ts';

const AT = '2026-11-21T09:30:00.000Z';
const secret = ROUTES.getSecret.success.body.parse({
  name: 'NPM_TOKEN',
  project_id: project.id,
  versions: 2,
  created_at: AT,
  created_by: id('tok'),
  updated_at: AT,
  updated_by: id('tok'),
  last_read_at: AT,
  last_read_by: job.id,
});
const read = ROUTES.listSecretReads.success.body.shape.items.element.parse({
  id: '01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  name: secret.name,
  project_id: project.id,
  job_id: job.id,
  run_id: run.id,
  build_id: run.build_id,
  service: 'api',
  branch: 'main',
  at: AT,
});
const cache = ROUTES.listCaches.success.body.shape.items.element.parse({
  project_id: project.id,
  service: 'api',
  matrix: { erlang: '26' },
  trust: 'own',
  branch: 'main',
  platform: 'linux-arm64',
  paths: ['node_modules'],
  key: 'ab'.repeat(32),
  sha256: DIGEST.slice('sha256:'.length),
  size_bytes: 2048,
  job_id: job.id,
  saved_at: AT,
  expires_at: '2026-12-12T09:30:00.000Z',
});

/** Runs one command against a server that answers so. */
async function staithe(handlers: Handlers, args: readonly string[], stdin?: string) {
  await using server = await startContractServer(handlers);
  using home = makeHome(server.url);
  const ended = await home.run(args, stdin === undefined ? {} : { stdin });
  return { ...ended, requests: server.requests };
}
const PUT = { putSecret: () => secret };
const set = (stdin: string, ...args: string[]) =>
  staithe(PUT, ['secret', 'set', 'NPM_TOKEN', '--project', 'hello', ...args], stdin);
const sentBy = ({ requests }: Awaited<ReturnType<typeof set>>) =>
  requests.map(({ body }) => Reflect.get(Object(JSON.parse(body)), 'value'));

describe('staithe secret set', () => {
  test('reads the value from stdin, and says everything but the value', async () => {
    const ended = await set('hunter2-secret\n');

    expect(sentBy(ended)).toEqual(['hunter2-secret']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('NPM_TOKEN');
    expect(ended.stdout + ended.stderr).not.toContain('hunter2');
    expect(ended.stderr).toContain('secrets: [NPM_TOKEN]');
  });

  test.each([
    ['a single line loses the newline of echo', 'a b \r\n', 'a b '],
    ['spaces around it are its own', '  a\n', '  a'],
    ['a file of several lines is kept to the byte', '-----BEGIN\nx\n-----END\n', '-----BEGIN\nx\n-----END\n'],
  ])('%s', async (_, stdin, value) => {
    expect(sentBy(await set(stdin))).toEqual([value]);
  });

  test('says that a very short value is not masked', async () => {
    expect((await set('abc')).stderr).toContain('not masked in logs');
  });

  test.each([
    ['a second word', ['secret', 'set', 'NPM_TOKEN', 'hunter2', '--project', 'hello']],
    ['NAME=value', ['secret', 'set', 'NPM_TOKEN=hunter2', '--project', 'hello']],
    ['the value alone', ['secret', 'set', 'hunter2', '--project', 'hello']],
    ['an option', ['secret', 'set', 'NPM_TOKEN', '--value', 'hunter2', '--project', 'hello']],
    ['an option with =', ['secret', 'set', 'NPM_TOKEN', '--value=hunter2', '--project', 'hello']],
  ])('takes no value as %s: nothing is sent, and the error does not repeat it', async (_, args) => {
    const ended = await staithe(PUT, args, 'other');

    expect(ended.code).toBe(2);
    expect(ended.requests).toEqual([]);
    expect(ended.stderr).not.toContain('hunter2');
    expect(ended.stderr).toMatch(/stdin|prompt|name|--value/);
  });

  test('a second word is answered with what to do instead', async () => {
    const ended = await staithe(PUT, ['secret', 'set', 'NPM_TOKEN', 'hunter2', '--json'], 'other');

    expect(JSON.parse(ended.stderr)).toMatchObject({
      code: 'usage',
      detail: expect.stringContaining('cannot be an argument'),
      remedy: expect.stringContaining('staithe secret set NAME < file'),
    });
  });

  test.each([
    ['nothing', ''],
    ['a newline alone', '\n'],
  ])('of %s is a usage error', async (_, stdin) => {
    const ended = await set(stdin);

    expect([ended.code, ended.requests.length]).toEqual([2, 0]);
    expect(ended.stderr).toContain('The value is empty.');
  });
});

describe('the other commands', () => {
  test('staithe secret list shows names, and who read them last, for people and for programs', async () => {
    const handlers = { listSecrets: () => onePage(secret) };

    const people = await staithe(handlers, ['secret', 'list', '--project', 'hello']);
    const programs = await staithe(handlers, ['secret', 'list', '--project', 'hello', '--json']);

    expect(people.stdout).toMatch(/NPM_TOKEN +2 +2026-11-21 09:30:00/);
    expect(JSON.parse(programs.stdout)).toEqual(onePage(secret));
  });

  test('staithe secret show and reads tell what is known', async () => {
    const handlers = { getSecret: () => secret, listSecretReads: () => onePage(read) };

    const shown = await staithe(handlers, ['secret', 'show', 'NPM_TOKEN', '--project', 'hello']);
    const reads = await staithe(handlers, ['secret', 'reads', 'NPM_TOKEN', '--project', 'hello']);

    expect(shown.stdout).toContain(`2026-11-21 09:30:00 by ${job.id}`);
    expect(reads.stdout).toMatch(new RegExp(`${job.id} +${run.id} +api +main`));
  });

  test('staithe secret delete asks first, and does it with --yes', async () => {
    const handlers = { deleteSecret: () => undefined };
    const args = ['secret', 'delete', 'NPM_TOKEN', '--project', 'hello'];

    const asked = await staithe(handlers, args);
    const done = await staithe(handlers, [...args, '--yes']);

    expect([asked.code, asked.requests.length]).toEqual([2, 0]);
    expect([done.code, done.requests.map(({ operation }) => operation)]).toEqual([0, ['deleteSecret']]);
  });

  test('staithe cache list shows what there is', async () => {
    const ended = await staithe({ listCaches: () => onePage(cache) }, [
      'cache',
      'list',
      '--project',
      'hello',
    ]);

    expect(ended.stdout).toMatch(/api erlang=26 +main +node_modules +abababababab +2\.0 KiB/);
  });

  test('staithe cache purge takes a branch and a service, and tells how many went', async () => {
    const handlers = { purgeCaches: () => ({ purged: 3 }) };
    const args = ['cache', 'purge', '--project', 'hello'];

    const asked = await staithe(handlers, args);
    const done = await staithe(handlers, [...args, '--branch', 'main', '--service', 'api', '--yes']);
    const all = await staithe(handlers, [...args, '--yes']);

    expect([asked.code, asked.requests.length]).toEqual([2, 0]);
    expect(done.stdout).toContain('Deleted 3 caches');
    expect([done, all].map(({ requests }) => requests[0]?.query)).toEqual([
      { branch: 'main', service: 'api' },
      {},
    ]);
  });
});
