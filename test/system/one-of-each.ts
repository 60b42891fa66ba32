/** One of everything that a path of the API can name, in each of two projects; and requests that only their token can spoil. */
import { createHmac } from 'node:crypto';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { expect } from 'vitest';
import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import type { Role } from '../../lib/domain/access/role.ts';
import type { JobTokens } from '../../lib/domain/ports/index.ts';
import { build, deploy, digestOf, functionTree, newEnvironment, newSlug } from './flow.ts';
import { type ExampleRequest, pathOf } from './requests.ts';
import { type HttpAnswer, type Staithe, sharedStaithe } from './server.ts';

type Fresh = () => Promise<{ params?: object; body?: object }>;

export class OneOfEach implements AsyncDisposable {
  readonly staithe: Staithe;
  readonly jobTokens: JobTokens;
  /** The project whose things are asked for, as parameters of paths. */
  things: Record<string, string> = {};
  other = { project: '', project_id: '', job: '' };
  #count = 0;

  private constructor(staithe: Staithe) {
    this.staithe = staithe;
    this.jobTokens = jwtJobTokens(() => jobTokenKey(staithe));
  }

  static async start(): Promise<OneOfEach> {
    const scene = new OneOfEach(await sharedStaithe());
    scene.things = await makeThings(scene.staithe, newSlug('mine'));
    const { project = '', project_id = '', job = '' } = await makeThings(scene.staithe, newSlug('other'));
    scene.other = { project, project_id, job };
    return scene;
  }

  newToken(role: Role, project?: string) {
    return this.staithe.client.call('createToken', {
      body: { role, ...(project !== undefined && { project }) },
    });
  }

  /** Another one of the project. @returns its name */
  async newEnvironment(): Promise<string> {
    const environment = newSlug('env');
    await this.staithe.client.call('putEnvironment', {
      params: { project: this.things.project ?? '', environment },
      body: { target: { kind: 'lambda', function_name: environment } },
    });
    return environment;
  }

  /** The secret of a token of a new user with these roles. */
  async newUser(...grants: { project: string; environment?: string; role: Role }[]): Promise<string> {
    const { client } = this.staithe;
    const { name } = await client.call('createUser', { body: { name: newSlug('user') } });
    for (const body of grants) await client.call('grantRole', { params: { user: name }, body });
    return (await client.call('createToken', { body: { user: name } })).secret;
  }

  async ask(example: ExampleRequest, token: string | null): Promise<HttpAnswer> {
    const fresh = await this.#fresh[example.operation]?.();
    const params = { ...this.things, ...fresh?.params };
    // Also where it may be left out, and a token would get the list of its own project.
    const query =
      example.spec.query?.project === undefined
        ? example.query
        : { ...example.query, project: this.things.project ?? '' };
    const body = example.body === undefined ? undefined : { ...Object(example.body), ...fresh?.body };
    return this.staithe.http(example.spec.method, pathOf(example, params, query), { token, body });
  }

  /** What a request needs so that nothing but its token can be wrong: names of its own, things that it may delete. */
  readonly #fresh: Partial<Record<ExampleRequest['operation'], Fresh>> = {
    createProject: async () => ({ body: { slug: newSlug('new'), repository: undefined } }),
    getManifest: async () => {
      const params = { project: this.things.project ?? '' };
      await this.staithe.client.call('syncManifest', { params, body: { manifest: 'services: {web: {}}' } });
      return {};
    },
    createBuild: async () => ({
      body: { source_id: this.things.source, start: false, manifest_hash: undefined, services: undefined },
    }),
    createRelease: async () => ({
      body: {
        build_id: this.things.build,
        version: `1.1.${++this.#count}`,
        tag: `t${this.#count}`,
      },
    }),
    yankRelease: async () => ({ params: { release: await this.#newRelease() } }),
    unyankRelease: async () => ({ params: { release: await this.#newRelease() } }),
    createArtifact: async () => ({ body: { project: this.things.project } }),
    putEnvironment: async () => ({ body: { after: [], auto: undefined } }),
    createDeployment: async () => ({ body: { release: this.things.release } }),
    planDeployment: async () => ({ body: { release: this.things.release } }),
    rollBackEnvironment: async () => ({ body: { to: this.things.deployment } }),
    createToken: async () => ({ body: { role: 'viewer', project: this.things.project } }),
    createUser: async () => ({ body: { name: newSlug('user') } }),
    updateUser: async () => ({ body: { role: null } }),
    grantRole: async () => ({
      body: { project: this.things.project, environment: undefined, role: 'viewer' },
    }),
    revokeRole: async () => {
      const params = { user: this.things.user ?? '' };
      const body = { project: this.things.project ?? '', role: 'viewer' as const };
      await this.staithe.client.call('grantRole', { params, body });
      return {};
    },
    createSubscription: async () => ({ body: { project: this.things.project } }),
    deleteSubscription: async () => ({
      params: { subscription: await quietSubscription(this.staithe, this.things.project ?? '') },
    }),
    enableSubscription: async () => this.#enabled(),
    testSubscription: async () => this.#enabled(),
    replayNotification: async () => this.#enabled(),
    deleteToken: async () => ({ params: { token: (await this.newToken('viewer', this.things.project)).id } }),
    getDeadLetter: async () => ({ params: { letter: await putLetter(this.staithe) } }),
    redriveDeadLetter: async () => ({ params: { letter: await putLetter(this.staithe) } }),
    deleteSecret: async () => {
      const name = `TOKEN_${++this.#count}`;
      const params = { project: this.things.project ?? '', name };
      await this.staithe.client.call('putSecret', { params, body: { value: 'hunter2' } });
      return { params: { name } };
    },
    deleteEnvironment: async () => ({ params: { environment: await this.newEnvironment() } }),
    reportResult: async () => ({ body: { status: 'completed', artifact_ids: [this.things.artifact] } }),
    createSource: async () => ({
      body: { sha256: digestOf(Buffer.from(String(++this.#count))), size_bytes: 1 },
    }),
  };

  async #newRelease(): Promise<string> {
    const { project = '', build: build_id = '' } = this.things;
    const { id } = await this.staithe.client.call('createRelease', {
      params: { project },
      body: { build_id },
    });
    return id;
  }

  /** Its target answers nothing, and other requests disable it. */
  async #enabled(): Promise<Record<never, never>> {
    const params = { subscription: this.things.subscription ?? '' };
    await this.staithe.client.call('enableSubscription', { params });
    return {};
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.staithe[Symbol.asyncDispose]();
  }
}

async function makeThings(staithe: Staithe, slug: string): Promise<Record<string, string>> {
  const { client } = staithe;
  const project = await client.call('createProject', { body: { slug } });
  const { buildId, runId, run } = await build(client, slug, functionTree('hello'));
  const { source_id } = await client.call('getBuild', { params: { build: buildId } });
  const [job] = (await client.call('listJobs', { params: { run: runId } })).items;
  const release = await client.call('createRelease', {
    params: { project: slug },
    body: { build_id: buildId, version: '1.0.0' },
  });
  await newEnvironment(client, slug);
  const deployment = await deploy(client, slug, 'test', release.id);
  const secret = await client.call('putSecret', {
    params: { project: slug, name: 'NPM_TOKEN' },
    body: { value: 'hunter2' },
  });
  return {
    project: slug,
    project_id: project.id,
    source: source_id,
    build: buildId,
    run: runId,
    job: job?.id ?? '',
    artifact: run.artifact_ids[0] ?? '',
    release: release.id,
    other: release.id,
    environment: 'test',
    deployment: deployment.id,
    token: 'made for each request',
    name: secret.name,
    user: (await client.call('createUser', { body: { name: newSlug('user') } })).name,
    delivery: await ignoredDelivery(staithe),
    ...(await notified(staithe, slug)),
  };
}

/** Subscribed to what does not happen here, so that nothing is sent for it. @returns its id */
async function quietSubscription({ client }: Staithe, project: string): Promise<string> {
  const target = { kind: 'webhook' as const, url: 'http://127.0.0.1:9/' };
  const body = { project, name: 'quiet', events: ['Deletion Requested'], target };
  return (await client.call('createSubscription', { body })).id;
}

/** A subscription and a notification, of which the first attempt has failed. */
async function notified(staithe: Staithe, project: string): Promise<Record<string, string>> {
  const subscription = await quietSubscription(staithe, project);
  const params = { subscription };
  const { id: notification } = await staithe.client.call('testSubscription', { params });
  await until(
    () => staithe.client.call('listNotifications', { params }),
    ({ items }) => items[0]?.status === 'waiting',
  );
  return { subscription, notification };
}

/** A delivery of no project: seen by tokens of no project alone. */
async function ignoredDelivery(staithe: Staithe): Promise<string> {
  const body = '{}';
  const signature = createHmac('sha256', staithe.webhookSecret).update(body).digest('hex');
  const answer = await staithe.http('POST', '/v1/webhooks/github', {
    token: null,
    body,
    headers: { 'x-hub-signature-256': `sha256=${signature}`, 'x-github-event': 'ping' },
  });
  expect(answer.status).toBe(202);
  return String(Reflect.get(Object(answer.body), 'delivery_id'));
}

async function jobTokenKey(staithe: Staithe): Promise<string> {
  const secrets = new SecretsManagerClient(staithe.aws);
  const { SecretList: all = [] } = await secrets.send(new ListSecretsCommand({}));
  const secret = all.find(({ Description: what }) => what === 'Signs job tokens');
  return (await secrets.send(new GetSecretValueCommand({ SecretId: secret?.Name }))).SecretString ?? '';
}

/** A letter that does not say for whom it is. @returns its id */
async function putLetter(staithe: Staithe): Promise<string> {
  const sqs = new SQSClient(staithe.aws);
  const { QueueUrls: [QueueUrl] = [] } = await sqs.send(new ListQueuesCommand({}));
  const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
  sqs.destroy();
  return MessageId;
}
