/** Artifacts that users bring in parts, and news of what has arrived. */

import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PART_BYTES } from '../../lib/domain/artifact/upload-schema.ts';
import { digestOf, send } from './flow.ts';
import { problemOf, Uploads, unique } from './uploads.ts';

let uploads: Uploads;
beforeAll(async () => {
  uploads = await Uploads.start();
});
afterAll(() => uploads[Symbol.asyncDispose]());

describe('an upload in parts', () => {
  const params = (id: string) => ({ artifact: id });
  const bytes = unique(PART_BYTES + 1000);
  const PARTS = [bytes.slice(0, PART_BYTES), bytes.slice(PART_BYTES)];

  async function sendPart(id: string, number: number, part: Uint8Array<ArrayBuffer>): Promise<number> {
    const { parts } = await uploads.staithe.client.call('signParts', {
      params: params(id),
      body: { parts: [{ number, sha256: digestOf(part) }] },
    });
    const [signed] = parts;
    if (signed === undefined) throw new Error('The part was not signed.');
    return (await send(signed.upload, part)).status;
  }

  it('is gone on with where it broke off, completed twice, and verified as a whole', async () => {
    const artifact = await uploads.declare(bytes);
    const begun = await uploads.staithe.client.call('beginMultipart', { params: params(artifact.id) });
    expect(await sendPart(artifact.id, 2, PARTS[1] ?? unique(0))).toBe(200);
    const early = await problemOf(uploads.staithe.http('POST', `/v1/artifacts/${artifact.id}/complete`));
    const again = await uploads.staithe.client.call('beginMultipart', { params: params(artifact.id) });
    expect(await sendPart(artifact.id, 1, PARTS[0] ?? unique(0))).toBe(200);

    const [once, twice] = await Promise.all([uploads.complete(artifact.id), uploads.complete(artifact.id)]);

    expect(artifact.multipart).toEqual({ part_size_bytes: PART_BYTES, part_count: 2 });
    expect(begun).toEqual({ part_size_bytes: PART_BYTES, part_count: 2, parts: [] });
    expect(early).toMatchObject({ status: 409, code: 'artifact_not_stored' });
    expect(early.detail).toContain('1 parts have not arrived: 1.');
    expect(again.parts).toEqual([{ number: 2, size_bytes: 1000, sha256: digestOf(bytes.slice(PART_BYTES)) }]);
    for (const { status } of [once, twice]) expect(['verifying', 'stored']).toContain(status);
    expect(await uploads.settled(artifact.id)).toMatchObject({ status: 'stored', size_bytes: bytes.length });
    expect(digestOf(await uploads.download(artifact.id))).toBe(digestOf(bytes));
  });

  it('whose whole is not what was declared is rejected, and never to be had', async () => {
    const declared = unique(PART_BYTES + 1000);
    const artifact = await uploads.declare(declared);
    await uploads.staithe.client.call('beginMultipart', { params: params(artifact.id) });
    for (const [at, part] of PARTS.entries()) await sendPart(artifact.id, at + 1, part);

    await uploads.complete(artifact.id);

    const rejected = await uploads.settled(artifact.id);
    expect(rejected).toMatchObject({ status: 'rejected', error: { code: 'artifact_mismatch' } });
    expect(rejected.error?.message).toContain(digestOf(bytes));
    const problem = await problemOf(uploads.staithe.http('GET', `/v1/artifacts/${artifact.id}/download`));
    expect(problem).toMatchObject({ status: 409, code: 'artifact_not_stored' });
    expect((await uploads.declare(declared)).status).toBe('pending');
  });

  it('refuses parts that the file has not, and files whose size nobody said', async () => {
    const [small, unknown] = [await uploads.declare(unique(10)), await uploads.create()];
    await uploads.staithe.client.call('beginMultipart', { params: params(small.id) });
    const sign = (number: number) =>
      problemOf(
        uploads.staithe.http('POST', `/v1/artifacts/${small.id}/multipart/parts`, {
          body: { parts: [{ number, sha256: digestOf(bytes) }] },
        }),
      );

    const answers = [
      await sign(2),
      await sign(0),
      await sign(10_001),
      await problemOf(uploads.staithe.http('POST', `/v1/artifacts/${unknown.id}/multipart`)),
      await problemOf(uploads.staithe.http('GET', `/v1/artifacts/${unknown.id}/multipart`)),
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
    const { id, project_id } = await uploads.create();
    const lambda = new LambdaClient(uploads.staithe.aws);
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
    expect((await uploads.get(id)).status).toBe('pending');
  });
});
