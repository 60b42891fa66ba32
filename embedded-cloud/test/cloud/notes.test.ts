import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import type { AuthorizedCall } from '../../src/gateway/call.ts';
import { synthesizeNotes } from './notes-app.ts';

describe('a CDK app on the embedded cloud', () => {
  let folder: string;
  let running: RunningCloud;
  const calls: AuthorizedCall[] = [];

  const start = () =>
    startCloud({
      assembly: join(folder, 'cdk.out'),
      stateDir: join(folder, 'state'),
      log: () => {},
      onCall: (call) => calls.push(call),
    });
  const send = (who: 'editor' | 'reader', method: string, name: string, body?: string) =>
    fetch(`${running.outputs.api}/${who}/${name}`, { method, ...(body !== undefined && { body }) });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'notes-'));
    synthesizeNotes(join(folder, 'cdk.out'));
    running = await start();
  });
  afterAll(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers over HTTP with what its function has put into its table', async () => {
    expect((await send('editor', 'PUT', 'tea', 'green')).status).toBe(201);
    const response = await send('reader', 'GET', 'tea');
    expect([response.status, await response.text()]).toEqual([200, 'green']);
  });

  it('gives a function without the grant an AccessDeniedException, as AWS would', async () => {
    const response = await send('reader', 'PUT', 'tea', 'black');
    expect(await response.json()).toMatchObject({
      error: 'AccessDeniedException',
      message: expect.stringMatching(
        /^User: arn:aws:sts::000000000000:assumed-role\/Notes-ReaderServiceRole.* is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:.* because no identity-based policy allows the dynamodb:PutItem action$/,
      ),
    });
    // Not the last one: the function's log is written meanwhile.
    expect(calls).toContainEqual(expect.objectContaining({ action: 'dynamodb:PutItem', allowed: false }));
    expect(await (await send('reader', 'GET', 'tea')).text()).toBe('green');
  });

  it('gives the same answer in the words of S3 for a bucket that only the other function may write', async () => {
    const denied = await send('reader', 'POST', 'tea.txt', 'black');
    expect(await denied.json()).toMatchObject({ error: 'AccessDenied' });
    const allowed = await send('editor', 'POST', 'tea.txt', 'green');
    expect(allowed.status).toBe(201);
    const { endpoint, operator, outputs } = running;
    const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: operator });
    const object = await s3.send(new GetObjectCommand({ Bucket: outputs.bucket, Key: 'tea.txt' }));
    expect(await object.Body?.transformToString()).toBe('green');
  });

  it('knows which of its grants nobody has needed', () => {
    const { unused } = running.permissionsReport();
    const actions = unused.map(({ action }) => action);
    expect(actions).toContain('dynamodb:BatchWriteItem');
    expect(actions).not.toContain('dynamodb:PutItem');
  });

  it('finds everything again at its second start', async () => {
    const { outputs } = running;
    await running.stop();
    running = await start();
    expect(running.outputs).toEqual(outputs);
    expect(await (await send('reader', 'GET', 'tea')).text()).toBe('green');
  });
});
