/** What artifacts that users bring may be, who sees them, and what holds them. */

import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { PART_BYTES } from '../../lib/domain/artifact/upload-schema.ts';
import { deploy, digestOf, newProject, newSlug, send } from './flow.ts';
import type { HttpRequest } from './server.ts';
import { OCTETS, problemOf, Uploads, unique } from './uploads.ts';

let uploads: Uploads;
let otherToken: string;
beforeAll(async () => {
  uploads = await Uploads.start();
  const { client } = uploads.staithe;
  const project = await newProject(client, newSlug('other'));
  otherToken = (await client.call('createToken', { body: { name: 'other', role: 'admin', project } })).secret;
});
afterAll(() => uploads[Symbol.asyncDispose]());

describe('what nobody may announce', () => {
  const SHA = '0'.repeat(64);
  it.each<[string, object, string]>([
    ['no name', {}, 'name'],
    ['a path for a name', { name: '../app' }, 'name'],
    ['a header in the name', { name: 'a"\r\nx: y' }, 'name'],
    ['a type that is none', { name: 'a', content_type: 'zip' }, 'content_type'],
    ['a digest without a size', { name: 'a', sha256: SHA }, 'sha256'],
    ['a size without a digest', { name: 'a', size_bytes: 1 }, 'sha256'],
    ['more than 5 GiB', { name: 'a', sha256: SHA, size_bytes: 5 * 1024 ** 3 + 1 }, 'size_bytes'],
    ['a digest in capitals', { name: 'a', sha256: 'A'.repeat(64), size_bytes: 1 }, 'sha256'],
    ['no project, by a token of all', { project: undefined, name: 'a' }, 'project'],
    ['a field that is none', { name: 'a', status: 'stored' }, 'status'],
  ])('%s', async (_, body, field) => {
    const asked = uploads.staithe.http('POST', '/v1/artifacts', {
      body: { project: uploads.project, ...body },
    });

    const problem = await problemOf(asked);

    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem.fields?.map((one) => one.field)).toContain(field);
  });
});

describe('projects are apart', () => {
  it('a token of a project need not name it, and sees nothing of another', async () => {
    const own = await uploads.staithe.as(otherToken).call('createArtifact', { body: { name: 'own.bin' } });
    const { id } = await uploads.create();
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
        (await uploads.staithe.http(method, `/v1/artifacts/${id}${path}`, { ...request, token: otherToken }))
          .status,
      );
    const named = await uploads.staithe.http('POST', '/v1/artifacts', {
      token: otherToken,
      body: { project: uploads.project, name: 'a' },
    });

    expect(own.status).toBe('pending');
    expect(statuses).toEqual(paths.map(() => 404));
    expect(named.status).toBe(404);
    expect((await uploads.get(id)).status).toBe('pending');
  });

  it('the same bytes in another project are uploaded again', async () => {
    const bytes = unique(100);
    await uploads.post((await uploads.create()).id, bytes);

    const theirs = await uploads.staithe.as(otherToken).call('createArtifact', {
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
    const { id } = await uploads.create({ name: 'web.zip', content_type: 'application/zip' });
    const zip = await zipOf(`uploaded ${id}`);
    await uploads.post(id, new Uint8Array(zip));
    await uploads.staithe.client.call('putEnvironment', {
      params: { project: uploads.project, environment: 'test' },
      body: { target: { kind: 'lambda', function_name: `${uploads.project}-test` } },
    });

    const release = await uploads.staithe.client.call('createRelease', {
      params: { project: uploads.project },
      body: { artifacts: { web: id }, version: '1.0.0' },
    });
    const deployment = await deploy(uploads.staithe.client, uploads.project, 'test', '1.0.0');

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
    const { url = '' } = deployment;
    expect(await (await fetch(url)).text()).toContain(`uploaded ${id}`);
    const problem = await problemOf(uploads.staithe.http('DELETE', `/v1/artifacts/${id}`));
    expect(problem).toMatchObject({ status: 409, code: 'artifact_in_use' });
    expect(problem.detail).toContain(release.id);
  });

  it('is refused for what is not stored, not there, or gone', async () => {
    const [pending, gone] = [await uploads.create(), await uploads.create()];
    await uploads.post(gone.id, unique(10));
    expect((await uploads.staithe.http('DELETE', `/v1/artifacts/${gone.id}`)).status).toBe(204);
    const release = (artifact: string) =>
      uploads.staithe.http('POST', `/v1/projects/${uploads.project}/releases`, {
        body: { artifacts: { web: artifact }, version: '9.0.0' },
      });

    const answers = [
      await release(pending.id),
      await release(gone.id),
      await release('art_01JZX3V5N8Q2R4T6W8Y0A1B2C3'),
      await uploads.staithe.http('DELETE', `/v1/artifacts/${gone.id}`),
      await uploads.staithe.http('GET', `/v1/artifacts/${gone.id}`),
    ];

    expect(answers.map(({ status }) => status)).toEqual([409, 404, 404, 404, 404]);
  });
});

describe('deleting an upload', () => {
  it('takes it off the list and breaks off its upload in parts', async () => {
    const stored = await uploads.create();
    await uploads.post(stored.id, unique(10));
    const half = await uploads.declare(unique(PART_BYTES + 1));
    await uploads.staithe.client.call('beginMultipart', { params: { artifact: half.id } });
    const part = unique(1);
    const { parts } = await uploads.staithe.client.call('signParts', {
      params: { artifact: half.id },
      body: { parts: [{ number: 2, sha256: digestOf(part) }] },
    });

    for (const { id } of [stored, half])
      await uploads.staithe.client.call('deleteArtifact', { params: { artifact: id } });

    const { items } = await uploads.staithe.client.call('listArtifacts', {
      query: { project: uploads.project, limit: 100 },
    });
    expect(items.map(({ id }) => id)).not.toContain(stored.id);
    const [signed] = parts;
    expect(signed && (await send(signed.upload, part)).status).toBe(404);
  });
});
