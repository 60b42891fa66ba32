import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListStateMachinesCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall } from '@aws-sdk/util-dynamodb';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Partitions } from '../../lib/domain/storage/keys.ts';
import { deploy, ended, functionTree, newSlug, pack, release, settled, upload } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { sweep } from './sweep.ts';
import { tableName } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function project() {
  const slug = newSlug();
  return staithe.client.call('createProject', { body: { slug } });
}

const A_MINUTE_AGO = new Date(Date.now() - 60_000).toISOString();

/** Writes an item as a function does just before it dies. */
async function put(item: Record<string, unknown>): Promise<void> {
  await new DynamoDBClient(staithe.aws).send(
    new PutItemCommand({
      TableName: tableName(staithe),
      Item: marshall({ revision: 1, created_at: A_MINUTE_AGO, created_by: 'a test', ...item }),
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
      ...{ gsi2pk: Partitions.openRuns, gsi2sk: `${project_id}#${id}` },
      ...{ id, build_id: build.id, project_id, status: 'pending', progress: 0, stage: 'queued' },
      ...{ job_ids: [], artifact_ids: [] },
    });
    await sweep(staithe.aws);

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
      ...{ gsi2pk: Partitions.pendingDeployments, gsi2sk: id },
      ...{ status: 'pending', stage: 'queued' },
    });
    await sweep(staithe.aws);

    const deployment = await settled(client, id);
    expect(deployment).toMatchObject({ status: 'succeeded' });
    expect(await (await fetch(deployment.url ?? '')).text()).toBe('recovered');
  });
});

/** Ends the workflow of a deployment from outside, as its time limit or an operator would. */
async function stopDeployment(id: string): Promise<void> {
  const states = new SFNClient(staithe.aws);
  const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}));
  const arn = stateMachines.find(({ name }) => name?.includes('Deployments'))?.stateMachineArn ?? '';
  const executionArn = `${arn.replace(':stateMachine:', ':execution:')}:${id}`;
  await states.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by a test' }));
}

describe('a deployment whose workflow is stopped from outside', () => {
  it('is taken back, and what served before serves again', async () => {
    const { client } = staithe;
    const { slug } = await project();
    const params = { project: slug, environment: 'test' };
    const steps = [{ percent: 50, bake_seconds: 600 }];
    const target = { kind: 'lambda' as const, function_name: slug, steps };
    await client.call('putEnvironment', { params, body: { target, health_path: '/health' } });
    const good = await release(client, slug, '1.0.0', functionTree('good'));
    const other = await release(client, slug, '2.0.0', functionTree('other'));
    const first = await deploy(client, slug, 'test', good.id);

    const { id } = await client.call('createDeployment', { params, body: { release: other.id } });
    const ask = () => client.call('getDeployment', { params: { deployment: id } });
    await until(ask, ({ traffic }) => traffic?.since !== undefined);
    await stopDeployment(id);

    const stopped = await settled(client, id);
    expect(stopped).toMatchObject({ status: 'rolled_back' });
    expect(stopped.error?.message).toContain('The workflow ended as ABORTED');
    const answers = Array.from({ length: 20 }, async () => (await fetch(first.url ?? '')).text());
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['good']));
    expect((await client.call('getEnvironment', { params })).active_deployment_id).toBeUndefined();
  });
});
