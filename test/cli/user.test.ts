/** Claims on `staithe user`, and on tokens of users. */
import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { me, token, user } from './examples.ts';
import { makeHome } from './process.ts';

test('a user is shown with what they may do, and where', async () => {
  await using server = await startContractServer({
    getUser: () => user,
    listUsers: () => ({ items: [user], next_cursor: null }),
    whoAmI: () => ({
      ...me,
      kind: 'user',
      user: { id: user.id, name: 'alice' },
      role: undefined,
      grants: user.grants,
    }),
  });
  using home = makeHome(server.url);

  const shown = await home.run(['user', 'show', 'alice']);
  const listed = await home.run(['user', 'list']);
  const whoami = await home.run(['whoami']);

  for (const { stdout } of [shown, listed, whoami]) expect(stdout).toContain('deployer of hello/test');
  expect(shown.stdout).toContain('Alice Liddell');
  expect(whoami.stdout).toMatch(/^user +alice$/m);
});

test('a role is granted and revoked in an environment, a project, or the whole installation', async () => {
  await using server = await startContractServer({
    grantRole: () => user,
    revokeRole: () => user,
    updateUser: () => user,
  });
  using home = makeHome(server.url);
  const grant = ['user', 'grant', 'alice', '--role', 'deployer'];

  for (const args of [
    [...grant, '--project', 'hello', '--environment', 'test'],
    [...grant, '--project', 'hello'],
    grant,
    ['user', 'revoke', 'alice', '--project', 'hello', '--environment', 'test'],
    ['user', 'revoke', 'alice'],
  ])
    expect((await home.run(args)).code).toBe(0);
  const nowhere = await home.run([...grant, '--environment', 'test']);

  expect(server.requests.map(({ operation, body }) => [operation, body && JSON.parse(body)])).toEqual([
    ['grantRole', { project: 'hello', environment: 'test', role: 'deployer' }],
    ['grantRole', { project: 'hello', role: 'deployer' }],
    ['updateUser', { role: 'deployer' }],
    ['revokeRole', ''],
    ['updateUser', { role: null }],
  ]);
  expect([nowhere.code, nowhere.stderr]).toEqual([
    2,
    expect.stringContaining('--environment needs --project.'),
  ]);
});

test('a token of a user needs no role, and one with grants says where', async () => {
  await using server = await startContractServer({ createToken: () => token });
  using home = makeHome(server.url);

  const ofUser = await home.run(['token', 'create', '--user', 'alice']);
  const granted = await home.run([
    'token',
    'create',
    '--grant',
    'hello/test=deployer',
    '--grant',
    'shop=viewer',
  ]);
  const wrong = await home.run(['token', 'create', '--grant', 'hello/test']);
  const none = await home.run(['token', 'create']);

  expect([ofUser.code, granted.code, wrong.code, none.code]).toEqual([0, 0, 2, 2]);
  expect(server.of('createToken').map(({ body }) => JSON.parse(body))).toEqual([
    { user: 'alice' },
    {
      grants: [
        { project: 'hello', environment: 'test', role: 'deployer' },
        { project: 'shop', role: 'viewer' },
      ],
    },
  ]);
  expect(wrong.stderr).toContain('expected <project>=<role> or <project>/<environment>=<role>');
});
