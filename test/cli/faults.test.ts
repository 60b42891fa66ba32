/** Claims on the CLI where the machine or the way to the server is at fault. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { artifact, id, me } from './examples.ts';
import { makeHome } from './process.ts';

test('a login whose token cannot be kept says how to do without', async () => {
  await using server = await startContractServer({ whoAmI: () => me });
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

test(
  'a file that cannot be read is named, and no folder for the archive is asked for',
  needs('bubblewrap'),
  async () => {
    await using server = await startContractServer({});
    using home = makeHome(server.url);
    mkdirSync(join(home.folder, 'proj'));
    writeFileSync(join(home.folder, 'proj/closed'), '', { mode: 0o000 });
    // Root reads everything, unless it may not.
    const under = ['bwrap', '--dev-bind', '/', '/', '--cap-drop', 'ALL'];

    const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--dir', './proj'], {
      under,
    });

    expect(code).toBe(1);
    expect(stderr).toContain("proj/closed': permission denied (EACCES).");
    expect(stderr).not.toContain('TMPDIR');
  },
);

test('a broken connection file does not matter where a server and a token are named', async () => {
  await using server = await startContractServer({ whoAmI: () => me });
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
    expect(plain.stderr).toContain('does not use TLS');
  }

  const gone = await home.run(['status', '--url', url]);

  expect(gone.code).toBe(7);
  expect(gone.stderr).toContain(`error: Cannot reach ${url}: connection refused (ECONNREFUSED).`);
  expect(gone.stderr).toContain('next: staithe start');
});

test('what a failed command would have made is not there', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);

  const { code } = await home.run(['artifact', 'download', id('art'), '--output', 'copy.zip']);

  expect(code).toBe(4);
  expect(existsSync(join(home.folder, 'copy.zip'))).toBe(false);
});

test('without a home of its own the CLI works, and keeps nothing in the working folder', async () => {
  await using server = await startContractServer({ whoAmI: () => me });
  using home = makeHome(server.url);
  const missing = { XDG_CONFIG_HOME: '', HOME: join(home.folder, 'file', 'home') };
  writeFileSync(join(home.folder, 'file'), '');

  const empty = await home.run(['whoami'], { env: { XDG_CONFIG_HOME: '', HOME: '' } });
  const read = await home.run(['whoami'], { env: missing });
  const kept = await home.run(['login', '--url', server.url], { env: missing, stdin: 'stt_secret' });

  expect([empty.code, read.code, kept.code]).toEqual([0, 0, 1]);
  expect(kept.stderr).toContain('next: Set XDG_CONFIG_HOME to a writable folder');
  expect(readdirSync(home.folder)).toEqual(['file']);
});

test('a server that has moved to another port is named to whoever asks at the old one', async () => {
  let old = '';
  {
    await using before = await startContractServer({});
    old = before.url;
  }
  await using server = await startContractServer({ whoAmI: () => me });
  using home = makeHome(old);
  mkdirSync(join(home.folder, '.staithe'));
  const connection = { url: server.url, token: 'stt_secret', webhook_secret: 's' };
  writeFileSync(join(home.folder, '.staithe', 'connection.json'), JSON.stringify(connection));

  const { code, stderr } = await home.run(['whoami']);
  const found = await home.run(['whoami'], { env: { STAITHE_URL: '', STAITHE_TOKEN: '' } });

  expect(code).toBe(7);
  expect(stderr).toContain(`Cannot reach ${old}: connection refused`);
  expect(stderr).toContain(`next: Use the server that is running on this machine: --url ${server.url}`);
  expect(found).toMatchObject({ code: 0 });
});

test('a name that is too long, and a path that leads through a file, are told as such', async () => {
  await using server = await startContractServer({
    getArtifact: () => artifact,
    downloadArtifact: () => ({ location: 'data:,hello' }),
  });
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'file'), '');
  const to = (output: string) => home.run(['artifact', 'download', artifact.id, '--output', output]);

  const long = await to('x'.repeat(300));
  const through = await to('file/copy.zip');

  expect(long.stderr).toContain('the name is too long (ENAMETOOLONG)');
  expect(through.stderr).toContain('part of the path is a file (ENOTDIR)');
  expect([long.code, through.code]).toEqual([1, 1]);
});
