/** Artifacts that users bring, over HTTP as curl would send them. */
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { Problem } from '../../lib/contract/problem.ts';
import type { Artifact } from '../../lib/domain/artifact/schema.ts';
import {
  type ArtifactWithUpload,
  type CreateArtifact,
  PART_BYTES,
  RAW_UPLOAD_MAX_BYTES,
} from '../../lib/domain/artifact/upload-schema.ts';
import { deploy, digestOf, newSlug, send } from './flow.ts';
import { type HttpRequest, type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
const PROJECT = newSlug('artifacts');
let otherToken: string;
beforeAll(async () => {
  staithe = await sharedStaithe();
  await staithe.client.call('createProject', { body: { slug: PROJECT } });
  const other = await staithe.client.call('createProject', { body: { slug: newSlug('other') } });
  const created = await staithe.client.call('createToken', {
    body: { name: 'other', role: 'admin', project: other.id },
  });
  otherToken = created.secret;
});
afterAll(() => staithe[Symbol.asyncDispose]());

const OCTETS = { 'content-type': 'application/octet-stream' };
const unique = (size: number) => new Uint8Array(randomBytes(size));

const create = (more: Partial<CreateArtifact> = {}): Promise<ArtifactWithUpload> =>
  staithe.client.call('createArtifact', { body: { project: PROJECT, name: 'app.bin', ...more } });
const declare = (bytes: Uint8Array, more: Partial<CreateArtifact> = {}) =>
  create({ sha256: digestOf(bytes), size_bytes: bytes.length, ...more });
const get = (id: string): Promise<Artifact> =>
  staithe.client.call('getArtifact', { params: { artifact: id } });
const post = (id: string, body: Uint8Array, request: HttpRequest = {}) =>
  staithe.http('POST', `/v1/artifacts/${id}/upload`, { headers: OCTETS, body, ...request });
const complete = (id: string) => staithe.client.call('completeArtifact', { params: { artifact: id } });
const settled = (id: string): Promise<Artifact> =>
  until(
    () => get(id),
    ({ status }) => status === 'stored' || status === 'rejected',
  );
async function put(artifact: ArtifactWithUpload, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  if (artifact.upload === null) throw new Error('The bytes are there already.');
  return (await send(artifact.upload, bytes)).status;
}
async function download(id: string): Promise<Buffer> {
  const answer = await staithe.http('GET', `/v1/artifacts/${id}/download`);
  return Buffer.from(await (await fetch(answer.headers.get('location') ?? '')).arrayBuffer());
}
const problemOf = async (asked: Promise<{ body: unknown }>): Promise<Problem> =>
  Problem.parse((await asked).body);

describe('a small file', () => {
  it('is announced by name and type alone, and posted', async () => {
    const bytes = unique(100_000);
    const { id, status, digest } = await create({ content_type: 'application/zip' });

    const answer = await post(id, bytes);

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
    expect(await get(id)).toEqual(answer.body);
    expect(digestOf(await download(id))).toBe(digestOf(bytes));
    const { items } = await staithe.client.call('listArtifacts', { query: { project: PROJECT } });
    expect(items.map((item) => item.id)).toContain(id);
  });

  it('of 4 MiB is still small', async () => {
    const bytes = unique(RAW_UPLOAD_MAX_BYTES);
    const { id } = await create();

    const answer = await post(id, bytes);

    expect(answer.body).toMatchObject({ status: 'stored', size_bytes: RAW_UPLOAD_MAX_BYTES });
  });

  it('may be posted twice; other bytes are refused then', async () => {
    const bytes = unique(100);
    const { id } = await create();
    await post(id, bytes);

    const [again, other] = [await post(id, bytes), await post(id, unique(100))];

    expect(again.status).toBe(200);
    expect(other).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
    expect((await get(id)).digest).toBe(`sha256:${digestOf(bytes)}`);
  });

  it('that is not the one declared is refused, and the right one is taken after it', async () => {
    const bytes = unique(100);
    const { id } = await declare(bytes);

    const wrong = await post(id, unique(100));
    const right = await post(id, bytes);

    expect(wrong).toMatchObject({ status: 409, body: { code: 'artifact_mismatch' } });
    expect(right.body).toMatchObject({ status: 'stored' });
  });

  it('without bytes is refused and changes nothing', async () => {
    const { id } = await create();

    const problem = await problemOf(post(id, new Uint8Array(), { headers: OCTETS }));

    expect(problem).toMatchObject({ status: 400, code: 'validation_failed', fields: [{ field: 'body' }] });
    expect((await get(id)).status).toBe('pending');
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
      const { id } = await create();

      const problem = await problemOf(post(id, unique(100), { headers: { 'content-type': type, ...more } }));

      expect(problem).toMatchObject({ status: 415, code: 'unsupported_media_type' });
      expect(problem.remedy).toMatch(/--data-binary|without content-encoding/);
      expect((await get(id)).status).toBe('pending');
    },
  );
});

describe('a file that is too large to be posted', () => {
  it('gets a problem document with an upload of just these bytes, which works', async () => {
    const bytes = unique(RAW_UPLOAD_MAX_BYTES + 1);
    const { id } = await create();

    const problem = await problemOf(post(id, bytes));

    expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
    const { upload } = problem;
    if (upload === undefined) throw new Error('There is no upload in the problem.');
    expect((await send(upload, unique(bytes.length))).status).toBe(400);
    expect((await send(upload, bytes)).status).toBe(200);
    expect(await settled(id)).toMatchObject({
      status: 'stored',
      size_bytes: bytes.length,
      digest: `sha256:${digestOf(bytes)}`,
    });
    expect(digestOf(await download(id))).toBe(digestOf(bytes));
  });
});

describe('the largest body that gets through API Gateway and Lambda', () => {
  /** (6,291,456 − 65,536) × 3 ⁄ 4: see RAW_UPLOAD_MAX_BYTES. */
  const THROUGH = 4_669_440;

  it('is answered by the API, with as many headers as an HTTP API takes', async () => {
    const { id } = await create();
    const headers = { ...OCTETS, 'x-long': '"'.repeat(8000) };

    const answer = await post(id, unique(THROUGH), { headers });

    expect(answer).toMatchObject({
      status: 413,
      body: { code: 'body_too_large', upload: { method: 'PUT' } },
    });
  });

  it('and what is larger is turned away before the API, and changes nothing', async () => {
    const { id } = await create();

    const answer = await post(id, unique(THROUGH + 100_000));

    expect(answer.status).toBeGreaterThanOrEqual(413);
    expect(answer.body).not.toHaveProperty('code');
    expect((await get(id)).status).toBe('pending');
  });
});

describe('a presigned upload', () => {
  it('of declared bytes is stored, by itself and at the latest when it is completed', async () => {
    const [alone, completed] = [unique(1000), unique(1000)];
    const [first, second] = [await declare(alone), await declare(completed)];

    expect([await put(first, alone), await put(second, completed)]).toEqual([200, 200]);

    const answers = [await complete(second.id), await complete(second.id)];
    expect(answers.map(({ status }) => status)).toEqual(['stored', 'stored']);
    expect((await settled(first.id)).status).toBe('stored');
    expect(digestOf(await download(first.id))).toBe(digestOf(alone));
  });

  it('of unknown bytes is read before it counts', async () => {
    const bytes = unique(RAW_UPLOAD_MAX_BYTES * 2);
    const artifact = await create();

    expect(await put(artifact, bytes)).toBe(200);

    expect(await settled(artifact.id)).toMatchObject({
      status: 'stored',
      size_bytes: bytes.length,
      digest: `sha256:${digestOf(bytes)}`,
    });
  });

  it('of other bytes than declared is refused by storage', async () => {
    const bytes = unique(1000);
    const artifact = await declare(bytes);

    expect(await put(artifact, unique(1000))).toBe(400);

    expect((await get(artifact.id)).status).toBe('pending');
    const problem = await problemOf(staithe.http('POST', `/v1/artifacts/${artifact.id}/complete`));
    expect(problem).toMatchObject({ status: 409, code: 'artifact_not_stored' });
  });

  it('is not needed for bytes that the project has', async () => {
    const bytes = unique(1000);
    const first = await create();
    await post(first.id, bytes);

    const second = await declare(bytes, { name: 'again.bin' });

    expect(second).toMatchObject({ status: 'stored', upload: null, name: 'again.bin' });
    expect(digestOf(await download(second.id))).toBe(digestOf(bytes));
  });

  it('takes nothing that comes after the artifact is stored', async () => {
    const bytes = unique(1000);
    const artifact = await create();
    await post(artifact.id, bytes);

    expect(await put(artifact, unique(1000))).toBe(200);

    // Another upload is settled behind it, so the function has looked at the first by then.
    const behind = await create();
    await put(behind, unique(10));
    await settled(behind.id);
    expect(await get(artifact.id)).toMatchObject({ status: 'stored', digest: `sha256:${digestOf(bytes)}` });
    expect(digestOf(await download(artifact.id))).toBe(digestOf(bytes));
  });
});

describe('an upload in parts', () => {
  const params = (id: string) => ({ artifact: id });
  const bytes = unique(PART_BYTES + 1000);
  const PARTS = [bytes.slice(0, PART_BYTES), bytes.slice(PART_BYTES)];

  async function sendPart(id: string, number: number, part: Uint8Array<ArrayBuffer>): Promise<number> {
    const { parts } = await staithe.client.call('signParts', {
      params: params(id),
      body: { parts: [{ number, sha256: digestOf(part) }] },
    });
    const [signed] = parts;
    if (signed === undefined) throw new Error('The part was not signed.');
    return (await send(signed.upload, part)).status;
  }

  it('is gone on with where it broke off, completed twice, and verified as a whole', async () => {
    const artifact = await declare(bytes);
    const begun = await staithe.client.call('beginMultipart', { params: params(artifact.id) });
    expect(await sendPart(artifact.id, 2, PARTS[1] ?? unique(0))).toBe(200);
    const early = await problemOf(staithe.http('POST', `/v1/artifacts/${artifact.id}/complete`));
    const again = await staithe.client.call('beginMultipart', { params: params(artifact.id) });
    expect(await sendPart(artifact.id, 1, PARTS[0] ?? unique(0))).toBe(200);

    const [once, twice] = await Promise.all([complete(artifact.id), complete(artifact.id)]);

    expect(artifact.multipart).toEqual({ part_size_bytes: PART_BYTES, part_count: 2 });
    expect(begun).toEqual({ part_size_bytes: PART_BYTES, part_count: 2, parts: [] });
    expect(early).toMatchObject({ status: 409, code: 'artifact_not_stored' });
    expect(early.detail).toContain('1 parts have not arrived: 1.');
    expect(again.parts).toEqual([{ number: 2, size_bytes: 1000, sha256: digestOf(bytes.slice(PART_BYTES)) }]);
    for (const { status } of [once, twice]) expect(['verifying', 'stored']).toContain(status);
    expect(await settled(artifact.id)).toMatchObject({ status: 'stored', size_bytes: bytes.length });
    expect(digestOf(await download(artifact.id))).toBe(digestOf(bytes));
  });

  it('whose whole is not what was declared is rejected, and never to be had', async () => {
    const declared = unique(PART_BYTES + 1000);
    const artifact = await declare(declared);
    await staithe.client.call('beginMultipart', { params: params(artifact.id) });
    for (const [at, part] of PARTS.entries()) await sendPart(artifact.id, at + 1, part);

    await complete(artifact.id);

    const rejected = await settled(artifact.id);
    expect(rejected).toMatchObject({ status: 'rejected', error: { code: 'artifact_mismatch' } });
    expect(rejected.error?.message).toContain(digestOf(bytes));
    const problem = await problemOf(staithe.http('GET', `/v1/artifacts/${artifact.id}/download`));
    expect(problem).toMatchObject({ status: 409, code: 'artifact_not_stored' });
    expect((await declare(declared)).status).toBe('pending');
  });

  it('refuses parts that the file has not, and files whose size nobody said', async () => {
    const [small, unknown] = [await declare(unique(10)), await create()];
    await staithe.client.call('beginMultipart', { params: params(small.id) });
    const sign = (number: number) =>
      problemOf(
        staithe.http('POST', `/v1/artifacts/${small.id}/multipart/parts`, {
          body: { parts: [{ number, sha256: digestOf(bytes) }] },
        }),
      );

    const answers = [
      await sign(2),
      await sign(0),
      await sign(10_001),
      await problemOf(staithe.http('POST', `/v1/artifacts/${unknown.id}/multipart`)),
      await problemOf(staithe.http('GET', `/v1/artifacts/${unknown.id}/multipart`)),
    ];

    expect(answers.map(({ code }) => code)).toEqual([
      'validation_failed',
      'validation_failed',
      'validation_failed',
      'wrong_state',
      'wrong_state',
    ]);
  });
});

describe('news of an arrival', () => {
  it('whose bytes are gone again, or that is of nothing, change nothing', async () => {
    const { id, project_id } = await create();
    const lambda = new LambdaClient(staithe.aws);
    const { Functions: all = [] } = await lambda.send(new ListFunctionsCommand({}));
    const name = all.find(({ Description: what }) => what === 'Verifies uploaded artifacts')?.FunctionName;
    const tell = (key: string) =>
      lambda.send(
        new InvokeCommand({
          FunctionName: name,
          Payload: JSON.stringify({
            source: 'aws.s3',
            'detail-type': 'Object Created',
            detail: { bucket: { name: 'of-this-stack' }, object: { key } },
          }),
        }),
      );

    const answers = [
      await tell(`uploads/${project_id}/${id}`),
      await tell(`uploads/${project_id}/art_01JZX3V5N8Q2R4T6W8Y0A1B2C3`),
      await tell('uploads/else'),
    ];
    lambda.destroy();

    expect(answers.map(({ FunctionError: error }) => error)).toEqual([undefined, undefined, undefined]);
    expect((await get(id)).status).toBe('pending');
  });
});

describe('what nobody may announce', () => {
  const SHA = '0'.repeat(64);
  it.each<[string, unknown, string]>([
    ['no name', { project: PROJECT }, 'name'],
    ['a path for a name', { project: PROJECT, name: '../app' }, 'name'],
    ['a header in the name', { project: PROJECT, name: 'a"\r\nx: y' }, 'name'],
    ['a type that is none', { project: PROJECT, name: 'a', content_type: 'zip' }, 'content_type'],
    ['a digest without a size', { project: PROJECT, name: 'a', sha256: SHA }, 'sha256'],
    ['a size without a digest', { project: PROJECT, name: 'a', size_bytes: 1 }, 'sha256'],
    [
      'more than 5 GiB',
      { project: PROJECT, name: 'a', sha256: SHA, size_bytes: 5 * 1024 ** 3 + 1 },
      'size_bytes',
    ],
    [
      'a digest in capitals',
      { project: PROJECT, name: 'a', sha256: 'A'.repeat(64), size_bytes: 1 },
      'sha256',
    ],
    ['no project, by a token of all', { name: 'a' }, 'project'],
    ['a field that is none', { project: PROJECT, name: 'a', status: 'stored' }, 'status'],
  ])('%s', async (_, body, field) => {
    const problem = await problemOf(staithe.http('POST', '/v1/artifacts', { body }));

    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem.fields?.map((one) => one.field)).toContain(field);
  });
});

describe('projects are apart', () => {
  it('a token of a project need not name it, and sees nothing of another', async () => {
    const own = await staithe.as(otherToken).call('createArtifact', { body: { name: 'own.bin' } });
    const { id } = await create();
    const paths: [string, string, HttpRequest][] = [
      ['GET', '', {}],
      ['DELETE', '', {}],
      ['GET', '/download', {}],
      ['POST', '/upload', { headers: OCTETS, body: unique(10) }],
      ['POST', '/multipart', {}],
      ['GET', '/multipart', {}],
      ['POST', '/multipart/parts', { body: { parts: [{ number: 1, sha256: '0'.repeat(64) }] } }],
      ['POST', '/complete', {}],
    ];

    const statuses: number[] = [];
    for (const [method, path, request] of paths)
      statuses.push(
        (await staithe.http(method, `/v1/artifacts/${id}${path}`, { ...request, token: otherToken })).status,
      );
    const named = await staithe.http('POST', '/v1/artifacts', {
      token: otherToken,
      body: { project: PROJECT, name: 'a' },
    });

    expect(own.status).toBe('pending');
    expect(statuses).toEqual(paths.map(() => 404));
    expect(named.status).toBe(404);
    expect((await get(id)).status).toBe('pending');
  });

  it('the same bytes in another project are uploaded again', async () => {
    const bytes = unique(100);
    await post((await create()).id, bytes);

    const theirs = await staithe.as(otherToken).call('createArtifact', {
      body: { name: 'a', sha256: digestOf(bytes), size_bytes: bytes.length },
    });

    expect(theirs.status).toBe('pending');
    expect(theirs.upload).not.toBeNull();
  });
});

/** A zip with one Lambda function, as people make it. */
async function zipOf(answer: string): Promise<Buffer<ArrayBuffer>> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(`export const handler = async () => ${JSON.stringify(answer)};\n`), 'index.mjs');
  zip.end();
  return Buffer.from(await buffer(zip.outputStream));
}

describe('a release of uploaded artifacts', () => {
  it('deploys, and keeps them from being deleted', async () => {
    const { id } = await create({ name: 'web.zip', content_type: 'application/zip' });
    const zip = await zipOf(`uploaded ${id}`);
    await post(id, new Uint8Array(zip));
    await staithe.client.call('putEnvironment', {
      params: { project: PROJECT, environment: 'test' },
      body: { target: { kind: 'lambda', function_name: `${PROJECT}-test` } },
    });

    const release = await staithe.client.call('createRelease', {
      params: { project: PROJECT },
      body: { artifacts: { web: id }, version: '1.0.0' },
    });
    const deployment = await deploy(staithe.client, PROJECT, 'test', '1.0.0');

    expect(release).toMatchObject({
      artifacts: [
        {
          service: 'web',
          artifact_id: id,
          digest: `sha256:${createHash('sha256').update(zip).digest('hex')}`,
        },
      ],
    });
    expect(release).not.toHaveProperty('build_id');
    expect(deployment).toMatchObject({ status: 'succeeded', artifact_id: id });
    const { preview_url: url = '' } = deployment;
    expect(await (await fetch(url)).text()).toContain(`uploaded ${id}`);
    const problem = await problemOf(staithe.http('DELETE', `/v1/artifacts/${id}`));
    expect(problem).toMatchObject({ status: 409, code: 'artifact_in_use' });
    expect(problem.detail).toContain(release.id);
  });

  it('is refused for what is not stored, not there, or gone', async () => {
    const [pending, gone] = [await create(), await create()];
    await post(gone.id, unique(10));
    expect((await staithe.http('DELETE', `/v1/artifacts/${gone.id}`)).status).toBe(204);
    const release = (artifact: string) =>
      staithe.http('POST', `/v1/projects/${PROJECT}/releases`, {
        body: { artifacts: { web: artifact }, version: '9.0.0' },
      });

    const answers = [
      await release(pending.id),
      await release(gone.id),
      await release('art_01JZX3V5N8Q2R4T6W8Y0A1B2C3'),
      await staithe.http('DELETE', `/v1/artifacts/${gone.id}`),
      await staithe.http('GET', `/v1/artifacts/${gone.id}`),
    ];

    expect(answers.map(({ status }) => status)).toEqual([409, 404, 404, 404, 404]);
  });
});

describe('deleting an upload', () => {
  it('takes it off the list and breaks off its upload in parts', async () => {
    const stored = await create();
    await post(stored.id, unique(10));
    const half = await declare(unique(PART_BYTES + 1));
    await staithe.client.call('beginMultipart', { params: { artifact: half.id } });
    const part = unique(1);
    const { parts } = await staithe.client.call('signParts', {
      params: { artifact: half.id },
      body: { parts: [{ number: 2, sha256: digestOf(part) }] },
    });

    for (const { id } of [stored, half])
      await staithe.client.call('deleteArtifact', { params: { artifact: id } });

    const { items } = await staithe.client.call('listArtifacts', { query: { project: PROJECT, limit: 100 } });
    expect(items.map(({ id }) => id)).not.toContain(stored.id);
    const [signed] = parts;
    expect(signed && (await send(signed.upload, part)).status).toBe(404);
  });
});
