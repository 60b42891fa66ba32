import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import type { SourceWithUpload } from '../../lib/domain/source/schema.ts';
import type { PresignedUpload } from '../../lib/domain/upload.ts';
import { digestOf, newSlug, send } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';

/** How far the cloud's clock is ahead. */
let ahead = 0;
let staithe: Staithe;
const PROJECT = newSlug('uploads');
beforeAll(async () => {
  staithe = await startStaithe({ now: () => Date.now() + ahead });
  await staithe.client.call('createProject', { body: { slug: PROJECT } });
});
afterAll(() => staithe[Symbol.asyncDispose]());

let count = 0;
/** Announces new bytes. */
async function announce(): Promise<{ bytes: Buffer; source: SourceWithUpload; upload: PresignedUpload }> {
  const bytes = Buffer.from(`bytes number ${++count}`);
  const source = await staithe.client.call('createSource', {
    params: { project: PROJECT },
    body: { sha256: digestOf(bytes), size_bytes: bytes.length },
  });
  if (source.upload === null) throw new Error('The bytes are there already.');
  return { bytes, source, upload: source.upload };
}

/** The answer of storage to a PUT with any headers, also to those that fetch would not send. */
function put(
  url: string,
  headers: Record<string, string>,
  bytes: Uint8Array,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}

/** Nothing has come of the upload: the source waits on, and cannot be built. */
async function assertNotStored(source: SourceWithUpload): Promise<void> {
  const { status } = await staithe.client.call('getSource', { params: { source: source.id } });
  expect(status).toBe('pending');
  const problem = await staithe.client
    .call('createBuild', { params: { project: PROJECT }, body: { source_id: source.id } })
    .catch((error: unknown) => (error instanceof ApiError ? error.problem : error));
  expect(problem).toMatchObject({ status: 409, code: 'source_not_uploaded' });
}

describe('storage takes an upload only as it was announced: it refuses', () => {
  it('other bytes of the same length', async () => {
    const { bytes, source, upload } = await announce();
    const answer = await put(upload.url, upload.headers, Buffer.alloc(bytes.length, 'x'));
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/BadDigest|XAmzContentChecksumMismatch|InvalidDigest/);
    await assertNotStored(source);
  });

  it('more bytes, and fewer', async () => {
    const { bytes, source, upload } = await announce();
    for (const other of [Buffer.concat([bytes, Buffer.from('!')]), bytes.subarray(1)]) {
      const headers = { ...upload.headers, 'content-length': String(other.length) };
      expect(await put(upload.url, headers, other)).toMatchObject({ status: 403 });
    }
    await assertNotStored(source);
  });

  it('another digest, with the bytes to it', async () => {
    const { bytes, source, upload } = await announce();
    const other = Buffer.alloc(bytes.length, 'x');
    const digest = Buffer.from(digestOf(other), 'hex').toString('base64');
    const answer = await put(upload.url, { ...upload.headers, 'x-amz-checksum-sha256': digest }, other);
    expect(answer.status).toBe(403);
    await assertNotStored(source);
  });

  it('another type, and no type', async () => {
    const { bytes, source, upload } = await announce();
    const { 'content-type': _, ...untyped } = upload.headers;
    for (const headers of [{ ...upload.headers, 'content-type': 'text/html' }, untyped])
      expect(await put(upload.url, headers, bytes)).toMatchObject({ status: 403 });
    await assertNotStored(source);
  });

  it('another key, a longer life, another method, a signature that was touched', async () => {
    const { bytes, source, upload } = await announce();
    const changed = (change: (url: URL) => void) => {
      const url = new URL(upload.url);
      change(url);
      return put(url.href, upload.headers, bytes);
    };
    const signature = new URL(upload.url).searchParams.get('X-Amz-Signature') ?? '';
    const touched = signature.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const answers = [
      await changed(
        (url) => (url.pathname = url.pathname.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
      ),
      await changed((url) => url.searchParams.set('X-Amz-Expires', '604800')),
      await changed((url) => url.searchParams.set('X-Amz-Signature', touched)),
      await changed((url) => url.searchParams.delete('X-Amz-Signature')),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 400]);
    expect((await fetch(upload.url)).status).toBe(403);
    expect((await fetch(upload.url, { method: 'DELETE' })).status).toBe(403);
    await assertNotStored(source);
  });

  it('what comes after its time', async () => {
    const { bytes, source, upload } = await announce();
    ahead = 15 * 60_000 + 1000;
    const answer = await put(upload.url, upload.headers, bytes);
    ahead = 0;
    expect(answer).toMatchObject({ status: 403 });
    expect(answer.text).toContain('Request has expired');
    await assertNotStored(source);
  });

  it('no header of its own that was not announced', async () => {
    const { bytes, source, upload } = await announce();
    for (const name of ['x-amz-meta-a', 'x-amz-website-redirect-location', 'x-amz-acl', 'x-amz-tagging'])
      expect(await put(upload.url, { ...upload.headers, [name]: '/a' }, bytes)).toMatchObject({
        status: 403,
      });
    await assertNotStored(source);
  });

  it('nothing that is as announced: the same link works once all is right', async () => {
    const { bytes, source, upload } = await announce();
    expect((await send(upload, new Uint8Array(bytes))).status).toBe(200);
    await expect
      .poll(async () => (await staithe.client.call('getSource', { params: { source: source.id } })).status)
      .toBe('stored');
    const again = await staithe.client.call('createSource', {
      params: { project: PROJECT },
      body: { sha256: digestOf(bytes), size_bytes: bytes.length },
    });
    expect(again).toMatchObject({ id: source.id, upload: null });
  });
});

it('an encoding that an uploader claims is told to nobody who downloads', async () => {
  const bytes = Buffer.from(`plain bytes number ${++count}`);
  const artifact = await staithe.client.call('createArtifact', {
    body: { project: PROJECT, name: 'plain.bin', sha256: digestOf(bytes), size_bytes: bytes.length },
  });
  const { url = '', headers = {} } = artifact.upload ?? {};

  const claimed = { 'content-encoding': 'gzip', 'cache-control': 'public', 'content-disposition': 'inline' };
  const sent = await put(url, { ...headers, ...claimed }, bytes);
  await staithe.client.call('completeArtifact', { params: { artifact: artifact.id } });

  const link = await staithe.http('GET', `/v1/artifacts/${artifact.id}/download`);
  const download = await fetch(link.headers.get('location') ?? '');
  expect(sent.status).toBe(200);
  expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);
  expect(download.headers.get('content-encoding')).toBe('identity');
  expect(download.headers.get('content-disposition')).toBe('attachment; filename="plain.bin"');
});
