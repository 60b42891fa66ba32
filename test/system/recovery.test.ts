import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, functionTree, newSlug, pack, release, settled, upload } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';
import { tableName } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function project() {
  const slug = newSlug();
  return staithe.client.call('createProject', { body: { slug } });
}

/** Writes an item as a function does just before it dies. */
async function put(item: Record<string, unknown>): Promise<void> {
  await new DynamoDBClient(staithe.aws).send(
    new PutItemCommand({
      TableName: tableName(staithe),
      Item: marshall({ revision: 1, created_at: new Date().toISOString(), created_by: 'a test', ...item }),
    }),
  );
}

describe('what was recorded by a function that died before it started the workflow', () => {
  it('is built all the same', async () => {
    const { client } = staithe;
    const { id: project_id, slug } = await project();
    const source = await upload(client, slug, pack(functionTree('x')));
    const build = await client.call('createBuild', {
      params: { project: slug },
      body: { source_id: source.id, start: false },
    });
    const id = `run_${ulid()}`;
    await put({
      ...{ pk: `RUN#${id}`, sk: 'RUN', gsi1pk: `RUNS#${build.id}`, gsi1sk: id, entity: 'run' },
      ...{ id, build_id: build.id, project_id, status: 'pending', progress: 0, stage: 'queued' },
      ...{ job_ids: [], artifact_ids: [] },
    });

    expect(await ended(client, id)).toMatchObject({ status: 'completed' });
  });

  it('is deployed all the same', async () => {
    const { client } = staithe;
    const { id: project_id, slug } = await project();
    const { id: release_id, artifacts } = await release(client, slug, '1.0.0', functionTree('recovered'));
    const [artifact] = artifacts;
    const { target } = await client.call('putEnvironment', {
      params: { project: slug, environment: 'test' },
      body: { target: { kind: 'lambda', function_name: slug } },
    });
    const id = `dep_${ulid()}`;
    await put({
      ...{ pk: `DEPLOYMENT#${id}`, sk: 'DEPLOYMENT', entity: 'deployment' },
      ...{ gsi1pk: `DEPLOYMENTS#${project_id}#test`, gsi1sk: id },
      ...{ id, project_id, environment: 'test', release_id, target, variables: {}, health_path: '/' },
      ...{ service: artifact?.service, artifact_id: artifact?.artifact_id, digest: artifact?.digest },
      ...{ status: 'pending', stage: 'queued' },
    });

    const deployment = await settled(client, id);
    expect(deployment).toMatchObject({ status: 'succeeded' });
    expect(await (await fetch(deployment.preview_url ?? '')).text()).toBe('recovered');
  });
});
