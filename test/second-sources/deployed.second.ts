/** The stack on an emulator of AWS by others: what holds there and in the embedded cloud is not a belief of one of them. */
import { createHmac } from 'node:crypto';
import { InvokeCommand, LambdaClient, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { needs, unless } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Client, createClient } from '../../lib/contract/client.ts';
import { build, digestOf, functionTree, pack, settled, upload } from '../system/flow.ts';
import { type GitHost, startGitHost } from '../system/git-host.ts';
import { type Deployed, deploy, provideMachine } from './deploy.ts';
import { type Forwarder, forwardTo, type MiniStack, startMiniStack } from './ministack.ts';
import { programs } from './python.ts';

const PROJECT = 'elsewhere';
const found = programs();

describe('deployed to another emulator of AWS', {
  ...needs('python3', 'git'),
  ...unless('lacks' in found ? found.lacks : undefined),
}, () => {
  let host: GitHost;
  let ministack: MiniStack;
  let deployed: Deployed;
  let api: Forwarder;
  let client: Client;

  beforeAll(async () => {
    host = await startGitHost();
    ministack = await startMiniStack('bin' in found ? found.bin : '');
    deployed = await deploy(ministack, { GitHostUrl: host.url });
    api = await forwardTo(deployed.outputs.ApiUrl ?? '');
    await provideMachine(ministack, api.url);
    const answer = await new LambdaClient(ministack.sdk).send(
      new InvokeCommand({ FunctionName: deployed.outputs.AdminTokenFunction }),
    );
    const { secret } = z
      .looseObject({ secret: z.string() })
      .parse(JSON.parse(answer.Payload?.transformToString() ?? ''));
    client = createClient({ url: api.url, token: secret });
    await client.call('createProject', { body: { slug: PROJECT, repository: 'acme/hello' } });
  });
  afterAll(async () => {
    await api?.[Symbol.asyncDispose]();
    await ministack?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  test('the stack is created whole', () => {
    expect(deployed.status, ministack.log()).toBe('CREATE_COMPLETE');
  });

  test('an upload becomes a source by its event', async () => {
    const source = await upload(client, PROJECT, pack(functionTree('uploaded')));

    const arrived = await until(
      () => client.call('getSource', { params: { source: source.id } }),
      ({ status }) => status !== 'pending',
    );

    expect(arrived).toMatchObject({ status: 'stored' });
  });

  test('a build runs through its workflow, and its artifact has the digest that it is recorded by', async () => {
    const { run } = await build(client, PROJECT, functionTree('built'));
    expect(run, JSON.stringify(run.error)).toMatchObject({ status: 'completed' });

    const [id = ''] = run.artifact_ids;
    const { headers } = await client.raw('downloadArtifact', { params: { artifact: id } });
    const bytes = new Uint8Array(await (await fetch(headers.get('location') ?? '')).arrayBuffer());

    expect(`sha256:${digestOf(bytes)}`).toBe(
      (await client.call('getArtifact', { params: { artifact: id } })).digest,
    );
  });

  test('a build whose command fails ends as failed, by its build_error', async () => {
    const tree = { 'staithe.yaml': 'services:\n  web:\n    commands: [exit 3]\n    artifacts: index.mjs\n' };

    const { run } = await build(client, PROJECT, tree);

    expect(run).toMatchObject({ status: 'failed', error: { code: 'build_error' } });
  });

  test('a push becomes a build', async () => {
    const sha = host.commit(functionTree('pushed'));
    const body = JSON.stringify({
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: sha,
      deleted: false,
      repository: { full_name: 'acme/hello' },
    });
    const secret = await new SecretsManagerClient(ministack.sdk).send(
      new GetSecretValueCommand({ SecretId: deployed.outputs.WebhookSecret }),
    );
    const signature = createHmac('sha256', secret.SecretString ?? '')
      .update(body)
      .digest('hex');

    const answer = await fetch(`${api.url}/v1/webhooks/github`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': 'delivery-1',
        'x-hub-signature-256': `sha256=${signature}`,
      },
    });
    expect(answer.status, await answer.clone().text()).toBe(202);
    const [delivery] = await until(
      async () => (await client.call('listDeliveries', { query: { project: PROJECT } })).items,
      ([first]) => first !== undefined && first.builds.length > 0,
    );

    expect(delivery).toMatchObject({ git_sha: sha, builds: [{ run_id: expect.any(String) }] });
  });

  test('a release becomes a version of its function, and a deployment whose URL does not answer is taken back', async () => {
    const { buildId } = await build(client, PROJECT, functionTree('released'));
    const release = await client.call('createRelease', {
      params: { project: PROJECT },
      body: { build_id: buildId, version: '1.0.0' },
    });
    await client.call('putEnvironment', {
      params: { project: PROJECT, environment: 'test' },
      body: { target: { kind: 'lambda', function_name: 'staithe-elsewhere' } },
    });

    const { id } = await client.call('createDeployment', {
      params: { project: PROJECT, environment: 'test' },
      body: { release: release.id },
    });

    const { status } = await settled(client, id);

    const { Versions: versions = [] } = await new LambdaClient(ministack.sdk).send(
      new ListVersionsByFunctionCommand({ FunctionName: 'staithe-elsewhere' }),
    );
    expect(versions.map(({ Version: version }) => version)).toContain('1');
    // Its URL is one of AWS’s own domain, which leads nowhere here.
    expect(status, ministack.log()).toBe('failed');
  });
});
