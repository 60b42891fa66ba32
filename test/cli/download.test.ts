/** Claims on downloads. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { artifact } from './examples.ts';
import { makeHome } from './process.ts';

const BYTES = Buffer.from('hello');

const digest = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`;

/** A server with one artifact, whose storage gives `served`. */
async function serving(served: Buffer, given = { ...artifact, digest }) {
  let url = '';
  const server = await startContractServer(
    {
      getArtifact: () => given,
      downloadArtifact: () => ({ location: `${url}/storage/bytes?signature=hidden` }),
    },
    (request, response) => {
      if (!request.url?.startsWith('/storage/')) return false;
      response.writeHead(request.headers.authorization === undefined ? 200 : 400).end(served);
      return true;
    },
  );
  url = server.url;
  return server;
}

test('a download appears under its name once its digest is right', async () => {
  await using server = await serving(BYTES);
  using home = makeHome(server.url);

  const first = await home.run(['artifact', 'download', artifact.id]);
  const again = await home.run(['artifact', 'download', artifact.id, '--json']);

  expect(first.code).toBe(0);
  expect(first.stdout).toContain('sha256 verified');
  expect(first.stderr).not.toContain('signature');
  expect(readFileSync(join(home.folder, 'hello.zip'))).toEqual(BYTES);
  expect(JSON.parse(again.stdout)).toMatchObject({ path: 'hello.zip', verified: true, fetched: false });
  expect(server.of('downloadArtifact')).toHaveLength(1);
});

test('a download with other bytes than its digest names leaves no file', async () => {
  await using server = await serving(Buffer.from('hellO'));
  using home = makeHome(server.url);

  const { code, stdout, stderr } = await home.run([
    'artifact',
    'download',
    artifact.id,
    '--output',
    'out.zip',
  ]);

  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('The downloaded content has the digest');
  expect(readdirSync(home.folder)).toEqual([]);
});

test('a download replaces no other file unasked', async () => {
  await using server = await serving(BYTES, { ...artifact, digest, name: 'größe (1)+x.zip' });
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'größe (1)+x.zip'), 'mine');

  const refused = await home.run(['artifact', 'download', artifact.id]);
  const kept = readFileSync(join(home.folder, 'größe (1)+x.zip'), 'utf8');
  const forced = await home.run(['artifact', 'download', artifact.id, '--force']);

  expect([refused.code, kept, forced.code]).toEqual([2, 'mine', 0]);
  expect(readdirSync(home.folder)).toEqual(['größe (1)+x.zip']);
  expect(readFileSync(join(home.folder, 'größe (1)+x.zip'))).toEqual(BYTES);
});

test.each(['../../evil.zip', 'a/b', String.raw`a\b`, '..', 'line\nbreak'])(
  'a download under a name that is none of a file is refused, and --output gives it another: %j',
  async (name) => {
    await using server = await serving(BYTES, { ...artifact, digest, name });
    using home = makeHome(server.url);

    const refused = await home.run(['artifact', 'download', artifact.id]);
    const written = readdirSync(home.folder);
    const renamed = await home.run(['artifact', 'download', artifact.id, '--output', 'mine.zip']);

    expect([refused.code, written, renamed.code]).toEqual([2, [], 0]);
    expect(refused.stderr).toContain('Specify a file with --output.');
    expect(readdirSync(home.folder)).toEqual(['mine.zip']);
  },
);
