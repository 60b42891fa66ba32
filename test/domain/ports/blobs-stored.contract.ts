/** Bytes that are stored, read and removed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { announce, type BlobsUnderTest, freshKey, link, sha256Of } from './stored-blobs.ts';

export function blobsStored(subject: () => BlobsUnderTest): void {
  test('declared bytes can be uploaded, looked at, read and downloaded', async () => {
    const bytes = Buffer.from('hello, harbour');
    const { key, upload } = await announce(subject(), bytes);

    const status = await subject().put(upload.url, upload.headers, bytes);

    expect(upload.method).toBe('PUT');
    expect(status).toBe(200);
    expect(await subject().blobs.head(key)).toMatchObject({
      size_bytes: bytes.length,
      sha256: sha256Of(bytes),
    });
    expect(await buffer(await subject().blobs.read(key))).toEqual(bytes);
    const url = await link(subject(), key, 'hello.tar.gz');
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
    const { key, upload } = await announce(subject(), bytes);
    await subject().put(upload.url, upload.headers, bytes);

    const answer = await subject().fetch(await link(subject(), key, name));

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
    const { key, upload } = await announce(subject(), Buffer.alloc(0));

    const status = await subject().put(upload.url, upload.headers, Buffer.alloc(0));

    expect(status).toBe(200);
    expect(await subject().blobs.head(key)).toMatchObject({
      size_bytes: 0,
      sha256: sha256Of(Buffer.alloc(0)),
    });
  });

  test('nothing is at a key that nobody wrote', async () => {
    const key = freshKey();

    expect(await subject().blobs.head(key)).toBeUndefined();
    await expect(subject().blobs.read(key)).rejects.toThrow(/NoSuchKey|specified key/);
    const url = await link(subject(), key);
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
}
