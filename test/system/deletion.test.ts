/** A project is deleted with all that is in it, also what is being made just then, and what runs. */
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { marshall } from '@aws-sdk/util-dynamodb';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobPrefixesOf } from '../../lib/domain/storage/keys.ts';
import { build, commandTree, digestOf, functionTree, newSlug, startBuild, upload } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { allItems, isAudit, tableName } from './table.ts';

let staithe: Staithe;
let s3: S3Client;
let bucket: string;
beforeAll(async () => {
  staithe = await sharedStaithe();
  s3 = new S3Client({ ...staithe.aws, forcePathStyle: true });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand());
  bucket = Buckets.map(({ Name = '' }) => Name).find((name) => /bytes/i.test(name)) ?? '';
});
afterAll(async () => {
  s3.destroy();
  await staithe[Symbol.asyncDispose]();
});

/** The late pass, 20 minutes after the deletion, at once. */
async function latePass(projectId: string): Promise<void> {
  const dynamo = new DynamoDBClient(staithe.aws);
  await dynamo.send(
    new UpdateItemCommand({
      TableName: tableName(staithe),
      Key: marshall({ pk: `DELETION#${projectId}`, sk: 'DELETION' }),
      UpdateExpression: 'SET requested_at = :past',
      ExpressionAttributeValues: marshall({ ':past': new Date(Date.now() - 61 * 60_000).toISOString() }),
    }),
  );
  dynamo.destroy();
  const client = new LambdaClient(staithe.aws);
  const { Functions = [] } = await client.send(new ListFunctionsCommand());
  const FunctionName = Functions.find((one) =>
    one.Description?.startsWith('Removes the contents of deleted'),
  )?.FunctionName;
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
  client.destroy();
  const payload = Buffer.from(answer.Payload ?? []).toString();
  expect(answer.FunctionError, payload).toBeUndefined();
  expect(JSON.parse(payload)).toMatchObject({ gone: expect.arrayContaining([projectId]), failures: [] });
}

/** What of a project is left anywhere, but for its audit log. What has a time at which it vanishes does not count. */
async function leftOf(projectId: string): Promise<unknown[]> {
  const items = (await allItems(staithe)).filter((item) => !isAudit(item));
  const objects = await Promise.all(
    blobPrefixesOf(projectId).map((Prefix) => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))),
  );
  const client = new SecretsManagerClient(staithe.aws);
  const { SecretList = [] } = await client.send(new ListSecretsCommand());
  client.destroy();
  return [
    ...items.filter((item) => JSON.stringify(item).includes(projectId) && item.ttl === undefined),
    ...objects.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key)),
    ...SecretList.map(({ Name = '' }) => Name).filter((name) => name.includes(projectId)),
  ];
}

const place = (key: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'x' }));

describe('deleting a project', () => {
  it('refuses one that is not empty, and says how it is done', async () => {
    const slug = newSlug();
    await staithe.client.call('createProject', { body: { slug } });
    await staithe.client.call('putSecret', {
      params: { project: slug, name: 'NPM_TOKEN' },
      body: { value: 'hunter2' },
    });

    const refused = await staithe.http('DELETE', `/v1/projects/${slug}`);

    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      code: 'project_not_empty',
      remedy: expect.stringContaining('--force'),
    });
  });

  it('ends what runs, revokes its tokens, and leaves nothing', async () => {
    const { client } = staithe;
    const slug = newSlug('whole');
    const { id } = await client.call('createProject', { body: { slug } });
    const { buildId } = await build(client, slug, functionTree('x'));
    await client.call('createRelease', {
      params: { project: slug },
      body: { build_id: buildId, version: '1.0.0' },
    });
    await client.call('putEnvironment', {
      params: { project: slug, environment: 'test' },
      body: { target: { kind: 'lambda', function_name: slug } },
    });
    await client.call('putSecret', { params: { project: slug, name: 'KEY' }, body: { value: 'hunter2' } });
    const token = await client.call('createToken', { body: { role: 'admin', project: slug } });
    const image = await startBuild(client, slug, {
      'staithe.yaml': 'services:\n  web:\n    dockerfile: Dockerfile\n',
      Dockerfile: 'FROM scratch\n',
    });
    const { runId } = await startBuild(client, slug, commandTree(['sleep 600'], '30m'));
    for (const run of [image.runId, runId])
      await until(
        async () => (await client.call('listJobs', { params: { run } })).items,
        (jobs) => jobs.length > 0,
      );
    for (const prefix of blobPrefixesOf(id)) await place(`${prefix}left-behind`);

    await client.call('deleteProject', { params: { project: slug }, query: { force: 'true' } });

    for (const ref of [slug, id]) expect((await staithe.http('GET', `/v1/projects/${ref}`)).status).toBe(404);
    await until(
      () => staithe.http('GET', `/v1/runs/${runId}`),
      ({ status }) => status === 404,
    );
    await until(
      () => staithe.http('GET', '/v1/whoami', { token: token.secret }),
      ({ status }) => status === 401,
    );
    const early = await staithe.http('POST', '/v1/projects', { body: { slug } });
    expect([early.status, early.body]).toEqual([409, expect.objectContaining({ code: 'slug_taken' })]);
    await latePass(id);
    expect(await leftOf(id)).toEqual([]);
    expect((await staithe.http('POST', '/v1/projects', { body: { slug } })).status).toBe(201);
  });

  it('meets creations at the same moment: each is refused, or gone with the project', async () => {
    const { client } = staithe;
    const slug = newSlug('busy');
    const { id } = await client.call('createProject', { body: { slug } });
    const source = await upload(client, slug, Buffer.from(digestOf(Buffer.from(slug))));
    const bound = (await client.call('createToken', { body: { role: 'admin', project: slug } })).secret;
    const post = (path: string, body: unknown) => staithe.http('POST', path, { body });
    const project = `/v1/projects/${slug}`;
    const creations: ((n: number) => Promise<{ status: number; body: unknown }>)[] = [
      () => post(`${project}/builds`, { source_id: source.id }),
      () => post(`${project}/builds`, { source_id: source.id, start: false }),
      (n) => post(`${project}/sources`, { sha256: digestOf(Buffer.from(`${n}`)), size_bytes: 1 }),
      (n) => post('/v1/artifacts', { project: slug, name: `${n}.zip`, content_type: 'application/zip' }),
      (n) => staithe.http('PUT', `${project}/secrets/S${n}`, { body: { value: 'hunter2' } }),
      (n) =>
        staithe.http('PUT', `${project}/environments/e${n}`, {
          body: { target: { kind: 'lambda', function_name: slug } },
        }),
      () => post('/v1/tokens', { role: 'admin', project: slug }),
      () => staithe.http('POST', '/v1/tokens', { token: bound, body: { role: 'viewer' } }),
    ];

    // Four at a time, each creation six times over; somebody deletes the project when a third is made.
    const queue = Array.from({ length: 6 * creations.length }, (_, n) => n).values();
    const answers: { status: number; body: unknown }[] = [];
    let deleting: Promise<{ status: number }> | undefined;
    const worker = async () => {
      for (const n of queue) {
        if (n === 2 * creations.length) deleting = staithe.http('DELETE', `${project}?force=true`);
        const answer = await creations[n % creations.length]?.(n);
        if (answer !== undefined) answers.push(answer);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    const deleted = await deleting;
    const late = await Promise.all(creations.map((create, n) => create(100 + n)));

    expect(deleted?.status).toBe(204);
    expect(answers.filter(({ status }) => status < 300).length).toBeGreaterThan(8);
    expect(answers.filter(({ status }) => status === 404).length).toBeGreaterThan(0);
    for (const { status, body } of answers)
      expect([200, 201, 202, 401, 404, 409], JSON.stringify(body)).toContain(status);
    for (const { status } of late) expect([401, 404]).toContain(status);
    await latePass(id);
    expect(await leftOf(id)).toEqual([]);
  });
});
