/** What the domain relies on in stored bytes. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Blobs } from '../../../lib/domain/ports/blobs.ts';

export interface BlobsUnderTest {
  readonly blobs: Blobs;
  /** A client's PUT with exactly these headers; the content length is that of the bytes. @returns the status */
  put(url: string, headers: Record<string, string>, bytes: Uint8Array): Promise<number>;
  /** As a client that decodes what it is told is encoded. */
  fetch(url: string): Promise<{ status: number; bytes?: Buffer; headers?: Readonly<Record<string, string>> }>;
  /** Does it as if so much time had passed. */
  later<T>(milliseconds: number, act: () => Promise<T>): Promise<T>;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
let names = 0;
const freshKey = (): string => `projects/prj_1/sources/${++names}`;

export function blobsContract(subject: () => BlobsUnderTest): void {
  const announce = async (bytes: Buffer, key = freshKey()) => {
    const upload = await subject().blobs.presignUpload({
      key,
      sha256: sha256Of(bytes),
      sizeBytes: bytes.length,
      contentType: 'application/gzip',
      expiresSeconds: 900,
    });
    return { key, upload };
  };

  const link = (key: string, fileName = 'a') =>
    subject().blobs.presignDownload({ key, fileName, contentType: 'application/gzip', expiresSeconds: 60 });

  test('declared bytes can be uploaded, looked at, read and downloaded', async () => {
    const bytes = Buffer.from('hello, harbour');
    const { key, upload } = await announce(bytes);

    const status = await subject().put(upload.url, upload.headers, bytes);

    expect(upload.method).toBe('PUT');
    expect(status).toBe(200);
    expect(await subject().blobs.head(key)).toMatchObject({
      size_bytes: bytes.length,
      sha256: sha256Of(bytes),
    });
    expect(await buffer(await subject().blobs.read(key))).toEqual(bytes);
    const url = await link(key, 'hello.tar.gz');
    expect(await subject().fetch(url)).toMatchObject({
      status: 200,
      bytes,
      headers: {
        'content-disposition': 'attachment; filename="hello.tar.gz"',
        'content-type': 'application/gzip',
      },
    });
  });

  test.each<[name: string, disposition: string]>([
    ['acme-1.0+cu118~rc1.whl', 'attachment; filename="acme-1.0+cu118~rc1.whl"'],
    ['a b (1).txt', 'attachment; filename="a b (1).txt"'],
    ['größe.pdf', `attachment; filename="gr__e.pdf"; filename*=UTF-8''gr%C3%B6%C3%9Fe.pdf`],
    ['日本 🚢', `attachment; filename="__ _"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%20%F0%9F%9A%A2`],
    ['100%"a".zip', `attachment; filename="100__a_.zip"; filename*=UTF-8''100%25%22a%22.zip`],
  ])('a download has the very name of its file: %s', async (name, disposition) => {
    const bytes = Buffer.from('x');
    const { key, upload } = await announce(bytes);
    await subject().put(upload.url, upload.headers, bytes);

    const answer = await subject().fetch(await link(key, name));

    expect(answer).toMatchObject({ status: 200, headers: { 'content-disposition': disposition } });
  });

  test('all below a prefix are removed at once, and nothing beside it', async () => {
    const { blobs } = subject();
    const folder = `${freshKey()}/`;
    const keys = [`${folder}a`, `${folder}b/c`, `${folder.slice(0, -1)}-d`];
    const bytes = Buffer.from('x');
    for (const key of keys)
      await blobs.storeBytes({ key, bytes, sha256: sha256Of(bytes), contentType: 'text/plain' });

    await blobs.removeAll(folder);
    await blobs.removeAll(folder);

    const left = await Promise.all(keys.map((key) => blobs.head(key)));
    expect(left.map((one) => one !== undefined)).toEqual([false, false, true]);
  });

  test('no bytes at all are bytes too', async () => {
    const { key, upload } = await announce(Buffer.alloc(0));

    const status = await subject().put(upload.url, upload.headers, Buffer.alloc(0));

    expect(status).toBe(200);
    expect(await subject().blobs.head(key)).toMatchObject({
      size_bytes: 0,
      sha256: sha256Of(Buffer.alloc(0)),
    });
  });

  describe('an upload is bound to what was declared', () => {
    test.each<[string, (bytes: Buffer, headers: Record<string, string>) => [Buffer, Record<string, string>]]>(
      [
        ['other bytes of the same length', (bytes, headers) => [Buffer.alloc(bytes.length, 'x'), headers]],
        ['more bytes', (bytes, headers) => [Buffer.concat([bytes, bytes]), headers]],
        ['fewer bytes', (bytes, headers) => [bytes.subarray(1), headers]],
        ['another type', (bytes, headers) => [bytes, { ...headers, 'content-type': 'text/html' }]],
        [
          'no digest',
          (bytes, { 'x-amz-checksum-sha256': _, ...headers }) => [bytes, headers as Record<string, string>],
        ],
        [
          'the digest of other bytes',
          (bytes, headers) => [
            bytes,
            {
              ...headers,
              'x-amz-checksum-sha256': createHash('sha256').update('other').digest('base64'),
            },
          ],
        ],
      ],
    )('%s are refused and nothing is stored', async (_, tamper) => {
      const { key, upload } = await announce(Buffer.from('the declared bytes'));

      const status = await subject().put(
        upload.url,
        ...(([bytes, headers]: [Buffer, Record<string, string>]) => [headers, bytes] as const)(
          tamper(Buffer.from('the declared bytes'), upload.headers),
        ),
      );

      expect([400, 403]).toContain(status);
      expect(await subject().blobs.head(key)).toBeUndefined();
    });

    test.each([
      'x-amz-meta-note',
      'x-amz-website-redirect-location',
      'x-amz-storage-class',
      'x-amz-acl',
      'x-amz-tagging',
      'x-amz-server-side-encryption',
      'x-amz-server-side-encryption-aws-kms-key-id',
      'x-amz-object-lock-legal-hold',
    ])('%s was not, and is refused', async (name) => {
      const bytes = Buffer.from('with a header of storage');
      const { key, upload } = await announce(bytes);

      const status = await subject().put(upload.url, { ...upload.headers, [name]: '/x' }, bytes);

      expect(status).toBe(403);
      expect(await subject().blobs.head(key)).toBeUndefined();
    });

    test.each([
      ['content-encoding', 'gzip'],
      ['content-encoding', 'br'],
      ['content-disposition', 'inline'],
      ['content-language', 'tlh'],
      ['cache-control', 'public, max-age=31536000'],
      ['expires', 'Thu, 01 Jan 2099 00:00:00 GMT'],
    ])('%s: %s is nothing that a download says, nor one of a copy', async (name, value) => {
      const bytes = Buffer.from('plain bytes');
      const { key, upload } = await announce(bytes);
      const to = freshKey();

      await subject().put(upload.url, { ...upload.headers, [name]: value }, bytes);
      await subject().blobs.copy({ from: key, to, contentType: 'application/gzip' });

      for (const place of [key, to]) {
        const answer = await subject().fetch(await link(place));
        expect(answer).toMatchObject({ status: 200, bytes });
        expect(answer.headers?.[name]).not.toBe(value);
      }
    });

    test('and to its time', async () => {
      const bytes = Buffer.from('late');
      const { key, upload } = await announce(bytes);

      const status = await subject().later(901_000, () => subject().put(upload.url, upload.headers, bytes));

      expect(status).toBe(403);
      expect(await subject().blobs.head(key)).toBeUndefined();
    });

    test('and a download link opens nothing else', async () => {
      const { key, upload } = await announce(Buffer.from('a'));
      await subject().put(upload.url, upload.headers, Buffer.from('a'));
      const url = await link(key);

      const uploaded = await subject().put(url, upload.headers, Buffer.from('a'));
      const downloaded = await subject().fetch(upload.url);
      const late = await subject().later(61_000, () => subject().fetch(url));

      expect([uploaded, downloaded.status, late.status]).toEqual([403, 403, 403]);
    });
  });

  test('nothing is at a key that nobody wrote', async () => {
    const key = freshKey();

    expect(await subject().blobs.head(key)).toBeUndefined();
    await expect(subject().blobs.read(key)).rejects.toThrow(/NoSuchKey|specified key/);
    const url = await link(key);
    expect((await subject().fetch(url)).status).toBe(404);
  });

  test('a local file is stored with its digest, and refused with another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'staithe-blobs-'));
    const file = join(folder, 'archive.tar.gz');
    const bytes = Buffer.from('an archive');
    await writeFile(file, bytes);
    const blob = { file, sizeBytes: bytes.length, contentType: 'application/gzip' };
    const [good, bad] = [freshKey(), freshKey()];

    await subject().blobs.storeFile({ ...blob, key: good, sha256: sha256Of(bytes) });
    const refused = subject().blobs.storeFile({ ...blob, key: bad, sha256: sha256Of(Buffer.from('other')) });

    await expect(refused).rejects.toThrow();
    expect(await subject().blobs.head(good)).toMatchObject({
      size_bytes: bytes.length,
      sha256: sha256Of(bytes),
    });
    expect(await subject().blobs.head(bad)).toBeUndefined();
    await rm(folder, { recursive: true });
  });

  test('bytes at hand are stored with their digest, and refused with another', async () => {
    const bytes = Buffer.from('at hand');
    const [good, bad] = [freshKey(), freshKey()];
    const contentType = 'text/plain';

    await subject().blobs.storeBytes({ key: good, bytes, sha256: sha256Of(bytes), contentType });
    const refused = subject().blobs.storeBytes({
      key: bad,
      bytes,
      sha256: sha256Of(Buffer.from('x')),
      contentType,
    });

    await expect(refused).rejects.toThrow();
    expect(await buffer(await subject().blobs.read(good))).toEqual(bytes);
    expect(await subject().blobs.head(bad)).toBeUndefined();
  });

  describe('an upload of bytes that nobody knows yet', () => {
    const open = async (bytes: Buffer, type = 'application/gzip') => {
      const key = freshKey();
      const upload = await subject().blobs.presignUpload({
        key,
        contentType: 'application/gzip',
        expiresSeconds: 900,
      });
      return { key, upload, status: await subject().put(upload.url, { 'content-type': type }, bytes) };
    };

    test('takes any of the type, and storage tells no digest of them', async () => {
      const bytes = Buffer.from('whatever comes');

      const { key, upload, status } = await open(bytes);

      expect(upload.headers).toEqual({ 'content-type': 'application/gzip' });
      expect(status).toBe(200);
      expect(await subject().blobs.head(key)).toMatchObject({ size_bytes: bytes.length });
      expect((await subject().blobs.head(key))?.sha256).toBeUndefined();
      expect(await buffer(await subject().blobs.read(key))).toEqual(bytes);
    });

    test('and none of another type', async () => {
      const { key, status } = await open(Buffer.from('a'), 'text/html');

      expect(status).toBe(403);
      expect(await subject().blobs.head(key)).toBeUndefined();
    });

    test('is copied with a digest, and what was there is gone after its removal', async () => {
      const bytes = Buffer.from('to be copied');
      const { key } = await open(bytes);
      const to = freshKey();
      const version = (await subject().blobs.head(key))?.version;

      await subject().blobs.copy({ from: key, version, to, contentType: 'application/zip' });
      await subject().blobs.remove(key);
      await subject().blobs.remove(key);

      expect(await subject().blobs.head(to)).toMatchObject({
        size_bytes: bytes.length,
        sha256: sha256Of(bytes),
      });
      expect(await subject().blobs.head(key)).toBeUndefined();
    });
  });

  describe('an upload in parts', () => {
    const FIRST = Buffer.alloc(5 * 1024 * 1024, 'first');
    const LAST = Buffer.from('and last');
    const begin = async () => {
      const key = freshKey();
      const uploadId = await subject().blobs.startMultipart({ key, contentType: 'application/zip' });
      return { key, uploadId };
    };
    const presign = (upload: { key: string; uploadId: string }, number: number, bytes: Buffer) =>
      subject().blobs.presignPart({
        ...upload,
        number,
        sha256: sha256Of(bytes),
        sizeBytes: bytes.length,
        expiresSeconds: 900,
      });
    const send = async (upload: { key: string; uploadId: string }, number: number, bytes: Buffer) => {
      const { url, headers } = await presign(upload, number, bytes);
      return subject().put(url, headers, bytes);
    };
    const partsOf = async (upload: { key: string; uploadId: string }) =>
      (await subject().blobs.parts(upload)) ?? [];

    test('becomes one object, whose copy has the digest of the whole', async () => {
      const upload = await begin();
      const statuses = [await send(upload, 2, LAST), await send(upload, 1, FIRST)];
      const parts = await partsOf(upload);

      const completed = await subject().blobs.completeMultipart({ ...upload, parts });

      const whole = Buffer.concat([FIRST, LAST]);
      expect([...statuses, completed]).toEqual([200, 200, true]);
      expect(parts).toMatchObject([
        { number: 1, size_bytes: FIRST.length, sha256: sha256Of(FIRST) },
        { number: 2, size_bytes: LAST.length, sha256: sha256Of(LAST) },
      ]);
      expect(await subject().blobs.head(upload.key)).toMatchObject({ size_bytes: whole.length });
      expect((await subject().blobs.head(upload.key))?.sha256).toBeUndefined();
      const to = freshKey();
      await subject().blobs.copy({ from: upload.key, to, contentType: 'application/zip' });
      expect(await subject().blobs.head(to)).toMatchObject({ sha256: sha256Of(whole) });
    });

    test('takes a part again, and refuses other bytes than were declared', async () => {
      const upload = await begin();
      const { url, headers } = await presign(upload, 1, LAST);
      const other = Buffer.from('AND LAST');

      const statuses = [
        await subject().put(url, headers, other),
        await subject().put(url, headers, Buffer.concat([LAST, LAST])),
        await subject().put(url, headers, LAST),
        await send(upload, 1, other),
      ];

      expect(statuses.map((status) => status >= 400)).toEqual([true, true, false, false]);
      expect(await partsOf(upload)).toMatchObject([{ number: 1, sha256: sha256Of(other) }]);
      expect(await partsOf(upload)).toHaveLength(1);
    });

    test('is over once it is completed or aborted', async () => {
      const [done, dropped] = [await begin(), await begin()];
      await send(done, 1, LAST);
      const parts = await partsOf(done);
      await subject().blobs.completeMultipart({ ...done, parts });
      await subject().blobs.abortMultipart(dropped);

      expect(await subject().blobs.parts(done)).toBeUndefined();
      expect(await subject().blobs.parts(dropped)).toBeUndefined();
      expect(await subject().blobs.completeMultipart({ ...done, parts })).toBe(false);
      await subject().blobs.abortMultipart(dropped);
      expect(await send(dropped, 1, LAST)).toBe(404);
      expect(await subject().blobs.head(dropped.key)).toBeUndefined();
    });
  });
}
