/** Artifacts that users bring: posted, or uploaded to storage. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RAW_UPLOAD_MAX_BYTES } from '../../lib/domain/artifact/upload-schema.ts';
import { digestOf, send } from './flow.ts';
import { OCTETS, problemOf, Uploads, unique } from './uploads.ts';

let uploads: Uploads;
beforeAll(async () => {
  uploads = await Uploads.start();
});
afterAll(() => uploads[Symbol.asyncDispose]());

describe('a small file', () => {
  it('is announced by name and type alone, and posted', async () => {
    const bytes = unique(100_000);
    const { id, status, digest } = await uploads.create({ content_type: 'application/zip' });

    const answer = await uploads.post(id, bytes);

    expect({ status, digest }).toEqual({ status: 'pending', digest: undefined });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id,
      status: 'stored',
      origin: 'upload',
      size_bytes: bytes.length,
      digest: `sha256:${digestOf(bytes)}`,
      content_type: 'application/zip',
    });
    expect(await uploads.get(id)).toEqual(answer.body);
    expect(digestOf(await uploads.download(id))).toBe(digestOf(bytes));
    const { items } = await uploads.staithe.client.call('listArtifacts', {
      query: { project: uploads.project },
    });
    expect(items.map((item) => item.id)).toContain(id);
  });

  it('of 4 MiB is still small', async () => {
    const bytes = unique(RAW_UPLOAD_MAX_BYTES);
    const { id } = await uploads.create();

    const answer = await uploads.post(id, bytes);

    expect(answer.body).toMatchObject({ status: 'stored', size_bytes: RAW_UPLOAD_MAX_BYTES });
  });

  it('may be posted twice; other bytes are refused then', async () => {
    const bytes = unique(100);
    const { id } = await uploads.create();
    await uploads.post(id, bytes);

    const [again, other] = [await uploads.post(id, bytes), await uploads.post(id, unique(100))];

    expect(again.status).toBe(200);
    expect(other).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
    expect((await uploads.get(id)).digest).toBe(`sha256:${digestOf(bytes)}`);
  });

  it('that is not the one declared is refused, and the right one is taken after it', async () => {
    const bytes = unique(100);
    const { id } = await uploads.declare(bytes);

    const wrong = await uploads.post(id, unique(100));
    const right = await uploads.post(id, bytes);

    expect(wrong).toMatchObject({ status: 409, body: { code: 'artifact_mismatch' } });
    expect(right.body).toMatchObject({ status: 'stored' });
  });

  it('without bytes is refused and changes nothing', async () => {
    const { id } = await uploads.create();

    const problem = await problemOf(uploads.post(id, new Uint8Array(), { headers: OCTETS }));

    expect(problem).toMatchObject({ status: 400, code: 'validation_failed', fields: [{ field: 'body' }] });
    expect((await uploads.get(id)).status).toBe('pending');
  });

  it.each([
    ['text/plain', {}],
    ['application/json', {}],
    ['multipart/form-data; boundary=x', {}],
    ['Multipart/Mixed; boundary=x', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/octet-stream', { 'content-encoding': 'gzip' }],
  ])(
    'as %s %j, which is not the bytes of the file, is refused with the right command',
    async (type, more) => {
      const { id } = await uploads.create();

      const problem = await problemOf(
        uploads.post(id, unique(100), { headers: { 'content-type': type, ...more } }),
      );

      expect(problem).toMatchObject({ status: 415, code: 'unsupported_media_type' });
      expect(problem.remedy).toMatch(/--data-binary|without content-encoding/);
      expect((await uploads.get(id)).status).toBe('pending');
    },
  );
});

describe('a file that is too large to be posted', () => {
  it('gets a problem document with an upload of just these bytes, which works', async () => {
    const bytes = unique(RAW_UPLOAD_MAX_BYTES + 1);
    const { id } = await uploads.create();

    const problem = await problemOf(uploads.post(id, bytes));

    expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
    const { upload } = problem;
    if (upload === undefined) throw new Error('There is no upload in the problem.');
    expect((await send(upload, unique(bytes.length))).status).toBe(400);
    expect((await send(upload, bytes)).status).toBe(200);
    expect(await uploads.settled(id)).toMatchObject({
      status: 'stored',
      size_bytes: bytes.length,
      digest: `sha256:${digestOf(bytes)}`,
    });
    expect(digestOf(await uploads.download(id))).toBe(digestOf(bytes));
  });
});

describe('the largest body that gets through API Gateway and Lambda', () => {
  /** (6,291,456 − 65,536) × 3 ⁄ 4: see RAW_UPLOAD_MAX_BYTES. */
  const THROUGH = 4_669_440;

  it('is answered by the API, with as many headers as an HTTP API takes', async () => {
    const { id } = await uploads.create();
    const headers = { ...OCTETS, 'x-long': '"'.repeat(8000) };

    const answer = await uploads.post(id, unique(THROUGH), { headers });

    expect(answer).toMatchObject({
      status: 413,
      body: { code: 'body_too_large', upload: { method: 'PUT' } },
    });
  });

  it('and what is larger is turned away before the API, and changes nothing', async () => {
    const { id } = await uploads.create();

    const answer = await uploads.post(id, unique(THROUGH + 100_000));

    expect(answer.status).toBeGreaterThanOrEqual(413);
    expect(answer.body).not.toHaveProperty('code');
    expect((await uploads.get(id)).status).toBe('pending');
  });
});

describe('a presigned upload', () => {
  it('of declared bytes is stored, by itself and at the latest when it is completed', async () => {
    const [alone, completed] = [unique(1000), unique(1000)];
    const [first, second] = [await uploads.declare(alone), await uploads.declare(completed)];

    expect([await uploads.put(first, alone), await uploads.put(second, completed)]).toEqual([200, 200]);

    const answers = [await uploads.complete(second.id), await uploads.complete(second.id)];
    expect(answers.map(({ status }) => status)).toEqual(['stored', 'stored']);
    expect((await uploads.settled(first.id)).status).toBe('stored');
    expect(digestOf(await uploads.download(first.id))).toBe(digestOf(alone));
  });

  it('of unknown bytes is read before it counts', async () => {
    const bytes = unique(RAW_UPLOAD_MAX_BYTES * 2);
    const artifact = await uploads.create();

    expect(await uploads.put(artifact, bytes)).toBe(200);

    expect(await uploads.settled(artifact.id)).toMatchObject({
      status: 'stored',
      size_bytes: bytes.length,
      digest: `sha256:${digestOf(bytes)}`,
    });
  });

  it('of other bytes than declared is refused by storage', async () => {
    const bytes = unique(1000);
    const artifact = await uploads.declare(bytes);

    expect(await uploads.put(artifact, unique(1000))).toBe(400);

    expect((await uploads.get(artifact.id)).status).toBe('pending');
    const problem = await problemOf(uploads.staithe.http('POST', `/v1/artifacts/${artifact.id}/complete`));
    expect(problem).toMatchObject({ status: 409, code: 'artifact_not_stored' });
  });

  it('is not needed for bytes that the project has', async () => {
    const bytes = unique(1000);
    const first = await uploads.create();
    await uploads.post(first.id, bytes);

    const second = await uploads.declare(bytes, { name: 'again.bin' });

    expect(second).toMatchObject({ status: 'stored', upload: null, name: 'again.bin' });
    expect(digestOf(await uploads.download(second.id))).toBe(digestOf(bytes));
  });

  it('takes nothing that comes after the artifact is stored', async () => {
    const bytes = unique(1000);
    const artifact = await uploads.create();
    await uploads.post(artifact.id, bytes);

    expect(await uploads.put(artifact, unique(1000))).toBe(200);

    // Another upload is settled behind it, so the function has looked at the first by then.
    const behind = await uploads.create();
    await uploads.put(behind, unique(10));
    await uploads.settled(behind.id);
    expect(await uploads.get(artifact.id)).toMatchObject({
      status: 'stored',
      digest: `sha256:${digestOf(bytes)}`,
    });
    expect(digestOf(await uploads.download(artifact.id))).toBe(digestOf(bytes));
  });
});
