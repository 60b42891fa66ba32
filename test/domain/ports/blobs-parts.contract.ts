/** Uploads in parts. */
import { describe, expect, test } from 'vitest';
import { type BlobsUnderTest, freshKey, sha256Of } from './stored-blobs.ts';

export function blobsParts(subject: () => BlobsUnderTest): void {
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
