/** Uploads of clients, bound to what was declared. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { announce, type BlobsUnderTest, freshKey, link, sha256Of } from './stored-blobs.ts';

export function blobsUploads(subject: () => BlobsUnderTest): void {
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
      const { key, upload } = await announce(subject(), Buffer.from('the declared bytes'));

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
      const { key, upload } = await announce(subject(), bytes);

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
      const { key, upload } = await announce(subject(), bytes);
      const to = freshKey();

      await subject().put(upload.url, { ...upload.headers, [name]: value }, bytes);
      await subject().blobs.copy({ from: key, to, contentType: 'application/gzip' });

      for (const place of [key, to]) {
        const answer = await subject().fetch(await link(subject(), place));
        expect(answer).toMatchObject({ status: 200, bytes });
        expect(answer.headers?.[name]).not.toBe(value);
      }
    });

    test('and to its time', async () => {
      const bytes = Buffer.from('late');
      const { key, upload } = await announce(subject(), bytes);

      const status = await subject().later(901_000, () => subject().put(upload.url, upload.headers, bytes));

      expect(status).toBe(403);
      expect(await subject().blobs.head(key)).toBeUndefined();
    });

    test('and a download link opens nothing else', async () => {
      const { key, upload } = await announce(subject(), Buffer.from('a'));
      await subject().put(upload.url, upload.headers, Buffer.from('a'));
      const url = await link(subject(), key);

      const uploaded = await subject().put(url, upload.headers, Buffer.from('a'));
      const downloaded = await subject().fetch(upload.url);
      const late = await subject().later(61_000, () => subject().fetch(url));

      expect([uploaded, downloaded.status, late.status]).toEqual([403, 403, 403]);
    });
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
}
