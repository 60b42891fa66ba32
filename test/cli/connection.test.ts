/** Claims on finding the server and on keeping its token. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storageFailure, unreachableFailure } from '../../lib/cli/api/unreachable.ts';
import { writeCredentials } from '../../lib/cli/connection/credentials.ts';
import { findConnection } from '../../lib/cli/connection/find.ts';
import { Failure } from '../../lib/cli/failure/failure.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import { startContractServer } from './contract-server.ts';
import { id, me } from './examples.ts';
import { makeHome } from './process.ts';

const LOCAL = 'http://127.0.0.1:4100';
const REMOTE = 'https://staithe.example.com';

describe('the server and the token are the first found', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'staithe-connection-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const writeConnection = (folder: string, value: unknown) => {
    mkdirSync(join(root, folder, '.staithe'), { recursive: true });
    writeFileSync(join(root, folder, '.staithe', 'connection.json'), JSON.stringify(value));
  };
  const find = (flag?: string, env: Record<string, string> = {}, from = 'tree/deep/er') => {
    mkdirSync(join(root, from), { recursive: true });
    return findConnection(flag, { XDG_CONFIG_HOME: join(root, 'config'), ...env }, join(root, from), () =>
      join(root, 'checkout', '.staithe'),
    );
  };
  const refused = (code = 'ECONNREFUSED') => Object.assign(new Error('fetch failed'), { code });
  const everything = () => {
    writeConnection('tree', { url: LOCAL, token: 'local-token', webhook_secret: 'hook' });
    writeConnection('checkout', { url: 'http://127.0.0.1:4200', token: 'checkout-token' });
    writeCredentials({ XDG_CONFIG_HOME: join(root, 'config') }, REMOTE, 'kept-token');
  };

  test.each([
    [
      'STAITHE_URL',
      undefined,
      { STAITHE_URL: 'http://127.0.0.1:4999' },
      /--url \S+:4100 \(or unset STAITHE_URL\)\.$/,
    ],
    ['--url', 'http://127.0.0.1:4999', {}, /--url \S+:4100\.$/],
  ])('where %s hides a server that runs here, the remedy is about that one', (_, flag, env, remedy) => {
    everything();

    const { problem } = unreachableFailure('http://127.0.0.1:4999', refused(), find(flag, env));

    expect(problem.remedy).toMatch(remedy);
  });

  test.each(['ECONNREFUSED', 'ENOTFOUND'])(
    'a host of storage (%s) is not told as the URL of the API',
    (code) => {
      const { problem } = storageFailure('https://bucket.example.com/key?signature=x', refused(code));

      expect(problem.detail).toContain('https://bucket.example.com');
      expect(problem.remedy).toContain('storage host');
      expect(problem.remedy).not.toContain('--verbose');
    },
  );

  test('STAITHE_STATE names the folder of a server in place of those that are looked through', () => {
    everything();
    mkdirSync(join(root, 'state'));
    const file = { url: 'http://127.0.0.1:4300', token: 'state-token' };
    writeFileSync(join(root, 'state', 'connection.json'), JSON.stringify(file));

    const found = find(undefined, { STAITHE_STATE: join(root, 'state') });

    expect(found).toMatchObject({ url: file.url, token: file.token });
    expect(() => find(undefined, { STAITHE_STATE: join(root, 'nowhere') })).toThrow(
      /No server is running with the state folder/,
    );
    expect(find(undefined, { STAITHE_STATE: join(root, 'state'), STAITHE_URL: REMOTE }).url).toBe(REMOTE);
  });

  test('--url before STAITHE_URL before the connection file', () => {
    everything();

    expect(find('https://flag.example.com/', { STAITHE_URL: REMOTE }).url).toBe('https://flag.example.com');
    expect(find(undefined, { STAITHE_URL: REMOTE }).url).toBe(REMOTE);
    expect(find().url).toBe(LOCAL);
  });

  test('a connection file of a parent folder before the one of the checkout before the login', () => {
    everything();

    expect(find()).toMatchObject({ url: LOCAL, token: 'local-token', webhookSecret: 'hook', local: true });
    expect(find(undefined, {}, 'elsewhere')).toMatchObject({ token: 'checkout-token' });
    rmSync(join(root, 'checkout'), { recursive: true });
    expect(find(undefined, {}, 'elsewhere')).toMatchObject({
      url: REMOTE,
      token: 'kept-token',
      local: false,
    });
  });

  test('a kept token goes to its own URL only', () => {
    everything();

    expect(find(REMOTE).token).toBe('kept-token');
    expect(find(LOCAL).token).toBe('local-token');
    expect(find('https://other.example.com')).toMatchObject({ token: undefined, webhookSecret: undefined });
    expect(find('https://other.example.com', { STAITHE_TOKEN: 'env-token' }).token).toBe('env-token');
  });

  test('a connection file that leads to another machine is refused', () => {
    writeConnection('tree', { url: 'https://evil.example.com', token: 'x' });

    expect(() => find()).toThrow('is not a server on this machine');
  });

  test('with nothing to go by it says how to get a server', () => {
    expect(() => find()).toThrow(Failure);
  });
});

test('login tries the token and keeps it for the user alone; logout forgets it', async () => {
  await using server = await startContractServer({ whoAmI: () => me });
  using home = makeHome();
  const path = join(home.config, 'staithe', 'credentials.json');

  const login = await home.run(['login', '--url', server.url], { stdin: 'stt_typed\n' });
  const kept = JSON.parse(readFileSync(path, 'utf8'));
  const { mode } = statSync(path);
  const logout = await home.run(['logout']);

  expect(login.code).toBe(0);
  expect(login.stdout).toContain(id('tok'));
  expect(login.stdout + login.stderr).not.toContain('stt_typed');
  expect(server.requests[0]?.headers.authorization).toBe('Bearer stt_typed');
  expect(kept).toEqual({ url: server.url, token: 'stt_typed' });
  expect(mode & 0o777).toBe(0o600);
  expect(logout.code).toBe(0);
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('login keeps no token that the server refuses', async () => {
  await using server = await startContractServer({
    whoAmI: () => {
      throw new StaitheError('unauthenticated', 'The token is not known.');
    },
  });
  using home = makeHome();

  const { code } = await home.run(['login', '--url', server.url], { stdin: 'wrong' });

  expect(code).toBe(3);
  expect(
    statSync(join(home.config, 'staithe', 'credentials.json'), { throwIfNoEntry: false }),
  ).toBeUndefined();
});
