/** Claims on the CLI where the machine or the way to the server is at fault. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { id } from './examples.ts';
import { makeHome } from './process.ts';

const me = () => ({ token_id: id('tok'), role: 'admin' as const });

test('a login whose token cannot be kept says how to do without', async () => {
  await using server = await startContractServer({ whoAmI: me });
  using home = makeHome();
  writeFileSync(join(home.folder, 'file'), '');
  const env = { XDG_CONFIG_HOME: join(home.folder, 'file', 'config') };

  const { code, stderr } = await home.run(['login', '--url', server.url], { env, stdin: 'stt_secret' });

  expect(code).toBe(1);
  expect(stderr).toContain('error: The token is valid, but it cannot be saved.');
  expect(stderr).toContain(`STAITHE_URL=${server.url} STAITHE_TOKEN=<token>`);
  expect(stderr).not.toContain('stt_secret');
});

test('without a temporary folder a source is not packed, and says what to set', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'file'), 'content');
  const env = { TMPDIR: join(home.folder, 'file', 'tmp') };

  const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--dir', '.'], { env });

  expect(code).toBe(1);
  expect(stderr).toContain('error: The folder cannot be packed.');
  expect(stderr).toContain('next: Set TMPDIR');
});

test('a broken connection file does not matter where a server and a token are named', async () => {
  await using server = await startContractServer({ whoAmI: me });
  using home = makeHome(server.url);
  mkdirSync(join(home.folder, '.staithe'));
  writeFileSync(join(home.folder, '.staithe', 'connection.json'), '{"url": "http://127.0');

  const named = await home.run(['whoami']);
  const found = await home.run(['whoami'], { env: { STAITHE_URL: '' } });

  expect(named).toMatchObject({ code: 0 });
  expect(found.code).toBe(2);
  expect(found.stderr).toContain('connection.json is not a JSON object.');
});

test('a port on which nothing listens, and one that does not speak TLS, are told apart', async () => {
  let url = '';
  using home = makeHome('http://127.0.0.1:9');
  {
    await using server = await startContractServer({});
    url = server.url;
    const plain = await home.run(['status', '--url', url.replace('http:', 'https:')]);

    expect(plain.code).toBe(7);
    expect(plain.stderr).toContain('does not speak TLS');
  }

  const gone = await home.run(['status', '--url', url]);

  expect(gone.code).toBe(7);
  expect(gone.stderr).toContain(`error: No answer from ${url}: nothing listens there (ECONNREFUSED).`);
  expect(gone.stderr).toContain('next: staithe start');
});

test('what a failed command would have made is not there', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);

  const { code } = await home.run(['artifact', 'download', id('art'), '--output', 'copy.zip']);

  expect(code).toBe(4);
  expect(existsSync(join(home.folder, 'copy.zip'))).toBe(false);
});
