/** The token of a local installation's operator: one at a time, and a new one only when the one before is none. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { connect } from '../../lib/start/connection.ts';
import { newSlug } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';

let staithe: Staithe;
let folder: string;
beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'staithe-connection-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const whoAmI = async (token: string) => (await staithe.http('GET', '/v1/whoami', { token })).status;
const localTokens = async (token: string) => {
  const { items } = await staithe.as(token).call('listTokens', { query: { limit: 100 } });
  return items.filter(({ name }) => name === 'local').map(({ id }) => id);
};

it('is kept from start to start', async () => {
  const first = await connect(staithe.cloud, folder);
  const second = await connect(staithe.cloud, folder);

  expect(second.token).toBe(first.token);
});

it('that a start has made and died before it wrote it down is revoked by the next', async () => {
  const lost: string[] = [];
  for (let start = 0; start < 3; start++) {
    lost.push((await connect(staithe.cloud, folder)).token);
    rmSync(join(folder, 'connection.json'));
  }
  writeFileSync(join(folder, 'connection.json'), '{"url":"http');

  const { token } = await connect(staithe.cloud, folder);

  expect(await Promise.all(lost.map(whoAmI))).toEqual([401, 401, 401]);
  expect(await whoAmI(token)).toBe(200);
  expect(await localTokens(token)).toHaveLength(1);
});

it('goes on with what was asked with the one before: a repeat makes nothing new', async () => {
  const body = { slug: newSlug('once') };
  const headers = { 'idempotency-key': body.slug };
  const before = await connect(staithe.cloud, folder);
  const first = await staithe.http('POST', '/v1/projects', { token: before.token, headers, body });
  rmSync(join(folder, 'connection.json'));

  const after = await connect(staithe.cloud, folder);
  const second = await staithe.http('POST', '/v1/projects', { token: after.token, headers, body });
  const other = await staithe.as(after.token).call('createToken', { body: { role: 'admin', name: 'local' } });
  const stranger = await staithe.http('POST', '/v1/projects', { token: other.secret, headers, body });

  expect(after.token).not.toBe(before.token);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toEqual(first.body);
  expect(stranger.status).toBe(409);
});

it('stays when the server cannot say whether it is good', async () => {
  const before = await connect(staithe.cloud, folder);
  const busy = createServer((_, response) =>
    response.writeHead(503).end('{"message":"Service Unavailable"}'),
  );
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;

  const during = await connect(
    { ...staithe.cloud, outputs: { ...staithe.cloud.outputs, ApiUrl: url } },
    folder,
  );
  await new Promise((resolve) => busy.close(resolve));
  const after = await connect(staithe.cloud, folder);

  expect([during.token, after.token]).toEqual([before.token, before.token]);
  expect(existsSync(join(folder, 'connection.json'))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'connection.json'), 'utf8'))).toMatchObject({ url: after.url });
});
