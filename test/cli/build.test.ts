/** Claims on sending sources. */

import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { tarGz } from '../archive/craft.ts';
import { type Elsewhere, type Handlers, startContractServer } from './contract-server.ts';
import { build, pendingRun, source } from './examples.ts';
import { makeHome } from './process.ts';

/** The storage behind presigned URLs: refuses the first `breaks` uploads by cutting the connection. */
function storage(breaks = 0) {
  const uploads: { url: string; headers: IncomingHttpHeaders; bytes: Buffer }[] = [];
  let broken = 0;
  const elsewhere: Elsewhere = async (request, response) => {
    if (!request.url?.startsWith('/storage/')) return false;
    if (broken < breaks) {
      broken += 1;
      request.socket.destroy();
      return true;
    }
    uploads.push({ url: request.url, headers: request.headers, bytes: await buffer(request) });
    response.writeHead(200).end();
    return true;
  };
  return { uploads, elsewhere };
}

/** A server on which every source is new, and whose upload URLs count up. */
function takingSources(url: () => string): Handlers {
  let announced = 0;
  return {
    createSource: ({ body }) => ({
      ...source,
      sha256: body.sha256,
      size_bytes: body.size_bytes,
      format: body.format,
      status: 'pending' as const,
      upload: {
        method: 'PUT' as const,
        url: `${url()}/storage/${++announced}`,
        headers: { 'content-type': 'application/gzip', 'x-amz-checksum-sha256': 'signed' },
        expires_at: '2026-11-21T10:00:00.000Z',
      },
    }),
    getSource: () => source,
    createBuild: () => ({ ...build, latest_run: pendingRun }),
  };
}

function writeTree(folder: string): void {
  mkdirSync(join(folder, 'tree'));
  writeFileSync(join(folder, 'tree', 'staithe.yaml'), 'services: {}\n');
}

/** Takes sources, and has their bytes sent to itself. */
async function sourceServer(elsewhere: ReturnType<typeof storage>['elsewhere']) {
  let url = '';
  const server = await startContractServer(
    takingSources(() => url),
    elsewhere,
  );
  url = server.url;
  return server;
}

test('a folder is packed and sent with exactly the headers that were signed', async () => {
  const { uploads, elsewhere } = storage();
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeTree(home.folder);

  const { code, stdout } = await home.run([
    'source',
    'create',
    '--project',
    'hello',
    '--dir',
    'tree',
    '--json',
  ]);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(source);
  const announced = JSON.parse(server.of('createSource')[0]?.body ?? '');
  const sent = uploads[0];
  expect(
    createHash('sha256')
      .update(sent?.bytes ?? '')
      .digest('hex'),
  ).toBe(announced.sha256);
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/gzip',
    'x-amz-checksum-sha256': 'signed',
    'content-length': String(announced.size_bytes),
  });
  expect(sent?.headers).not.toHaveProperty('authorization');
  expect(sent?.headers).not.toHaveProperty('transfer-encoding');
});

test('an upload that breaks off is announced anew and sent to the fresh URL', async () => {
  const { uploads, elsewhere } = storage(1);
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeTree(home.folder);

  const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--dir', 'tree']);

  expect(code).toBe(0);
  expect(stderr).toContain('retrying');
  expect(uploads.map((upload) => upload.url)).toEqual(['/storage/2']);
  const keys = server.of('createSource').map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(2);
});

test('bytes that are stored already are not sent again', async () => {
  const { uploads, elsewhere } = storage();
  await using server = await startContractServer(
    {
      createSource: () => ({ ...source, upload: null }),
      createBuild: () => ({ ...build, latest_run: pendingRun }),
    },
    elsewhere,
  );
  using home = makeHome(server.url);
  writeTree(home.folder);

  const { code, stdout, stderr } = await home.run(
    ['build', 'create', '--dir', 'tree', '--service', 'api', '--input', 'a=b=c', '--json'],
    { env: { STAITHE_PROJECT: 'hello' } },
  );

  expect(code).toBe(0);
  expect(uploads).toEqual([]);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ id: build.id, latest_run: { status: 'pending' } });
  expect(JSON.parse(server.of('createBuild')[0]?.body ?? '')).toEqual({
    source_id: source.id,
    start: true,
    inputs: { a: 'b=c' },
    services: ['api'],
  });
});

test('a file that is no archive is refused before anything is sent', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'fake.zip'), 'no zip');

  const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--file', 'fake.zip']);

  expect(code).toBe(2);
  expect(stderr).toContain('is not a tar.gz or zip archive');
  expect(server.requests).toEqual([]);
});

test('an archive is looked into before it is sent: its size, its entries, and what everything lies below', async () => {
  const { elsewhere } = storage();
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeFileSync(join(home.folder, 'large.tar.gz'), Buffer.from([0x1f, 0x8b]));
  truncateSync(join(home.folder, 'large.tar.gz'), 100 * 1024 ** 2 + 1);
  writeFileSync(join(home.folder, 'damaged.tar.gz'), gzipSync('no tar'));
  const wrapped = tarGz({ name: 'repo-1.0/staithe.yaml', content: 'services: {a: {}}' });
  writeFileSync(join(home.folder, 'wrapped.tar.gz'), wrapped);
  const send = (file: string) => home.run(['source', 'create', '--project', 'hello', '--file', file]);

  const large = await send('large.tar.gz');
  const damaged = await send('damaged.tar.gz');
  const sent = server.requests.length;
  const hinted = await send('wrapped.tar.gz');

  expect([large.code, damaged.code, sent, hinted.code]).toEqual([2, 2, 0, 0]);
  expect(large.stderr).toContain('sources are limited to 100.0 MiB');
  expect(damaged.stderr).toContain('This is not a tar archive');
  expect(hinted.stderr).toContain("tar -czf source.tar.gz -C 'repo-1.0' .");
});

test('what is left out of a folder is counted and named, and what cannot be packed is refused', async () => {
  const { uploads, elsewhere } = storage();
  await using server = await sourceServer(elsewhere);
  using home = makeHome(server.url);
  writeTree(home.folder);
  writeFileSync(join(home.folder, 'tree/.gitignore'), '*.log\n/dist/\n');
  for (const name of ['a.log', 'b.log']) writeFileSync(join(home.folder, 'tree', name), '');
  mkdirSync(join(home.folder, 'tree/dist'));
  symlinkSync('../../elsewhere', join(home.folder, 'tree/out'));
  const send = (...more: string[]) =>
    home.run(['source', 'create', '--project', 'hello', '--dir', 'tree', ...more]);

  const link = await send();
  const sent = await send('--exclude', 'out');

  expect([link.code, sent.code, uploads.length]).toEqual([2, 0, 1]);
  expect(link.stderr).toContain("The link 'out' leads to '../../elsewhere', outside of what is packed.");
  expect(sent.stderr).toMatch(/Omitted 3 files and folders ignored by git: .*dist\//);
  expect(sent.stderr).toContain('Omitted 1 file or folder excluded by .staitheignore or --exclude: out');
});
