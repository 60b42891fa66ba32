import { createHmac } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import { ROLES, type Role, roleAllows } from '../../lib/domain/access/role.ts';
import type { JobTokens } from '../../lib/domain/ports/index.ts';
import { build, deploy, digestOf, functionTree, newSlug } from './flow.ts';
import { EXAMPLES, type ExampleRequest, pathOf } from './requests.ts';
import { type HttpAnswer, type Staithe, sharedStaithe } from './server.ts';
import { allItems, tableName } from './table.ts';

let staithe: Staithe;
/** The project whose things are asked for, as parameters of paths. */
let things: Record<string, string>;
let other: { project: string; project_id: string; job: string };
let jobTokens: JobTokens;

beforeAll(async () => {
  staithe = await sharedStaithe();
  jobTokens = jwtJobTokens(jobTokenKey);
  things = await makeThings(newSlug('mine'));
  const elsewhere = await makeThings(newSlug('other'));
  other = {
    project: elsewhere.project ?? '',
    project_id: elsewhere.project_id ?? '',
    job: elsewhere.job ?? '',
  };
});
afterAll(() => staithe[Symbol.asyncDispose]());

/** One of everything that a path can name. */
async function makeThings(slug: string): Promise<Record<string, string>> {
  const { client } = staithe;
  const project = await client.call('createProject', { body: { slug } });
  const { buildId, runId, run } = await build(client, slug, functionTree('hello'));
  const { source_id } = await client.call('getBuild', { params: { build: buildId } });
  const [job] = (await client.call('listJobs', { params: { run: runId } })).items;
  const release = await client.call('createRelease', {
    params: { project: slug },
    body: { build_id: buildId, version: '1.0.0' },
  });
  await client.call('putEnvironment', {
    params: { project: slug, environment: 'test' },
    body: { target: { kind: 'lambda', function_name: `${slug}-test` } },
  });
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
    environment: 'test',
    deployment: deployment.id,
    token: 'made for each request',
    name: secret.name,
    delivery: await ignoredDelivery(),
  };
}

/** A delivery of no project: seen by tokens of no project alone. */
async function ignoredDelivery(): Promise<string> {
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

async function jobTokenKey(): Promise<string> {
  const secrets = new SecretsManagerClient(staithe.aws);
  const { SecretList: all = [] } = await secrets.send(new ListSecretsCommand({}));
  const secret = all.find(({ Description: what }) => what === 'Signs job tokens');
  return (await secrets.send(new GetSecretValueCommand({ SecretId: secret?.Name }))).SecretString ?? '';
}

/** A letter that does not say for whom it is. @returns its id */
async function putLetter(): Promise<string> {
  const sqs = new SQSClient(staithe.aws);
  const { QueueUrls: [QueueUrl] = [] } = await sqs.send(new ListQueuesCommand({}));
  const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
  sqs.destroy();
  return MessageId;
}

const newToken = async (role: Role, project?: string) =>
  await staithe.client.call('createToken', { body: { role, ...(project !== undefined && { project }) } });

let count = 0;
/** What a request needs so that nothing but its token can be wrong: names of its own, things that it may delete. */
const FRESH: Partial<Record<ExampleRequest['operation'], () => Promise<{ params?: object; body?: object }>>> =
  {
    createProject: async () => ({ body: { slug: newSlug('new'), repository: undefined } }),
    getManifest: async () => {
      const params = { project: things.project ?? '' };
      await staithe.client.call('syncManifest', { params, body: { manifest: 'services: {web: {}}' } });
      return {};
    },
    createBuild: async () => ({
      body: { source_id: things.source, start: false, manifest_hash: undefined, services: undefined },
    }),
    createRelease: async () => ({
      body: { build_id: things.build, artifacts: undefined, version: `1.1.${++count}`, tag: `t${count}` },
    }),
    createArtifact: async () => ({ body: { project: things.project } }),
    createDeployment: async () => ({ body: { release: things.release } }),
    createToken: async () => ({ body: { role: 'viewer', project: things.project } }),
    deleteToken: async () => ({ params: { token: (await newToken('viewer', things.project)).id } }),
    getDeadLetter: async () => ({ params: { letter: await putLetter() } }),
    redriveDeadLetter: async () => ({ params: { letter: await putLetter() } }),
    deleteSecret: async () => {
      const name = `TOKEN_${++count}`;
      const params = { project: things.project ?? '', name };
      await staithe.client.call('putSecret', { params, body: { value: 'hunter2' } });
      return { params: { name } };
    },
    deleteEnvironment: async () => {
      const environment = newSlug('env');
      await staithe.client.call('putEnvironment', {
        params: { project: things.project ?? '', environment },
        body: { target: { kind: 'lambda', function_name: environment } },
      });
      return { params: { environment } };
    },
    reportResult: async () => ({ body: { status: 'completed', artifact_ids: [things.artifact] } }),
    createSource: async () => ({ body: { sha256: digestOf(Buffer.from(String(++count))), size_bytes: 1 } }),
  };

async function ask(example: ExampleRequest, token: string | null): Promise<HttpAnswer> {
  const fresh = await FRESH[example.operation]?.();
  const params = { ...things, ...fresh?.params };
  // Also where it may be left out, and a token would get the list of its own project.
  const query =
    example.spec.query?.project === undefined
      ? example.query
      : { ...example.query, project: things.project ?? '' };
  const body = example.body === undefined ? undefined : { ...Object(example.body), ...fresh?.body };
  return staithe.http(example.spec.method, pathOf(example, params, query), { token, body });
}

const codeOf = ({ status, body }: HttpAnswer) => `${status} ${String(Reflect.get(Object(body), 'code'))}`;
/** Got past every gate: done, or refused for what the thing is at. */
const ALLOWED = [200, 201, 202, 204, 302, 409, 422];

const guarded = EXAMPLES.filter(({ spec }) => spec.access !== 'public');
const forRoles = guarded.filter(({ spec }) => spec.access !== 'job');

const neededBy = (example: ExampleRequest): Role => {
  const { access } = example.spec;
  return access === 'job_or_viewer' || access === 'job' || access === 'public' ? 'viewer' : access;
};

/** Dead letters are of all projects. */
const OF_ALL = {
  listDeadLetters: '403 role_too_low',
  getDeadLetter: '403 role_too_low',
  redriveDeadLetter: '403 role_too_low',
  redriveDeadLetters: '403 role_too_low',
};
/** What a token of another project gets where it is not a 404: only its own things, or nothing at all. */
const ELSEWHERE: Partial<Record<ExampleRequest['operation'], string>> = {
  ...OF_ALL,
  listProjects: '200 undefined',
  listTokens: '200 undefined',
  listAllBuilds: '200 undefined',
  listAllReleases: '200 undefined',
  whoAmI: '200 undefined',
  createProject: '403 role_too_low',
};
/** What a token of the project itself may not do though its role may: it is about no project, or about all. */
const BEYOND_PROJECT: Partial<Record<ExampleRequest['operation'], string>> = {
  ...OF_ALL,
  createProject: '403 role_too_low',
  getDelivery: '404 not_found',
};

describe.each(ROLES)('a token with the role %s', (role) => {
  const tokens = { unbound: '', here: '', elsewhere: '' };
  beforeAll(async () => {
    tokens.unbound = (await newToken(role)).secret;
    tokens.here = (await newToken(role, things.project)).secret;
    tokens.elsewhere = (await newToken(role, other.project)).secret;
  });

  it.each(forRoles)(
    'may $operation if its role and project say so, and else is told why not',
    async (example) => {
      const allowed = roleAllows(role, neededBy(example));
      const [unbound, here, elsewhere] = [
        await ask(example, tokens.unbound),
        await ask(example, tokens.here),
        await ask(example, tokens.elsewhere),
      ];

      if (!allowed) {
        for (const answer of [unbound, here, elsewhere]) expect(codeOf(answer)).toBe('403 role_too_low');
        return;
      }
      expect(ALLOWED, codeOf(unbound)).toContain(unbound.status);
      const beyond = BEYOND_PROJECT[example.operation];
      if (beyond === undefined) expect(ALLOWED, codeOf(here)).toContain(here.status);
      else expect(codeOf(here)).toBe(beyond);
      expect(codeOf(elsewhere)).toBe(ELSEWHERE[example.operation] ?? '404 not_found');
      expect(JSON.stringify(elsewhere.body)).not.toContain(things.project_id);
    },
  );
});

describe('without a good token', () => {
  it.each(guarded)('$operation is a 401 that says how to send one', async (example) => {
    const answer = await ask(example, null);
    expect(codeOf(answer)).toBe('401 unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('anything else than a good token is a 401', async () => {
    const { secret } = await newToken('admin');
    const good = `Bearer ${secret}`;
    const headers = [
      secret,
      `Basic ${secret}`,
      `${good}x`,
      good.slice(0, -1),
      good.replace(/.{5}$/, 'AAAAA'),
      `${good}, ${good}`,
      'Bearer',
      'Bearer ',
      'Bearer stt_00000000000000000000000000_0000000000000000000000000000000000000000000',
      'Bearer a.b.c',
      'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2IifQ.',
      `Bearer ${'x'.repeat(5000)}`,
    ];
    const answers = await Promise.all(
      headers.map((authorization) =>
        staithe.http('GET', '/v1/whoami', { token: null, headers: { authorization } }),
      ),
    );
    expect(answers.map(codeOf)).toEqual(headers.map(() => '401 unauthenticated'));
    const lower = { authorization: `bearer ${secret}` };
    expect(await staithe.http('GET', '/v1/whoami', { token: null, headers: lower })).toMatchObject({
      status: 200,
    });
  });

  it('a revoked token is nobody at once', async () => {
    const { id, secret } = await newToken('admin');
    expect(await staithe.http('GET', '/v1/whoami', { token: secret })).toMatchObject({ status: 200 });
    await staithe.client.call('deleteToken', { params: { token: id } });
    expect(codeOf(await staithe.http('GET', '/v1/whoami', { token: secret }))).toBe('401 unauthenticated');
  });

  it('an expired token is nobody, and is told when it expired', async () => {
    const { id, secret } = await staithe.client.call('createToken', {
      body: { role: 'viewer', expires_in_days: 1 },
    });
    expect(await staithe.http('GET', '/v1/whoami', { token: secret })).toMatchObject({ status: 200 });
    const past = '2026-01-01T00:00:00.000Z';
    await new DynamoDBClient(staithe.aws).send(
      new UpdateItemCommand({
        TableName: tableName(staithe),
        Key: { pk: { S: `TOKEN#${id}` }, sk: { S: 'TOKEN' } },
        UpdateExpression: 'SET expires_at = :past',
        ExpressionAttributeValues: { ':past': { S: past } },
      }),
    );
    const answer = await staithe.http('GET', '/v1/whoami', { token: secret });
    expect(codeOf(answer)).toBe('401 unauthenticated');
    expect(JSON.stringify(answer.body)).toContain(past);
  });
});

describe('a token', () => {
  it('is kept as a hash alone, and its secret is shown once', async () => {
    const made = await newToken('developer', things.project);
    const items = await allItems(staithe);
    const kept = items.find((item) => item.id === made.id);
    expect(kept).toMatchObject({ secret_hash: digestOf(Buffer.from(made.secret)), role: 'developer' });
    const text = JSON.stringify(items);
    for (const secret of [made.secret, staithe.adminToken, staithe.webhookSecret])
      for (const part of [secret, secret.slice(-43)]) expect(text).not.toContain(part);
    const listed = await staithe.client.call('listTokens', { query: { limit: 100 } });
    expect(JSON.stringify(listed)).not.toContain(made.secret.slice(-43));
  });

  it('bound to a project can be made by an operator who may invoke the function for it', async () => {
    const { FunctionError, Payload } = await new LambdaClient(staithe.aws).send(
      new InvokeCommand({
        FunctionName: staithe.cloud.outputs.AdminTokenFunction,
        Payload: JSON.stringify({ role: 'deployer', project: things.project }),
      }),
    );
    const { secret } = z
      .object({ secret: z.string() })
      .parse(JSON.parse(Buffer.from(Payload ?? []).toString()));
    expect(FunctionError).toBeUndefined();
    expect(await staithe.as(secret).call('whoAmI')).toMatchObject({
      role: 'deployer',
      project_id: things.project_id,
    });
  });

  it('gives no more than it has: no higher role, no other project', async () => {
    const bound = staithe.as((await newToken('admin', things.project)).secret);
    const token = await bound.call('createToken', { body: { role: 'admin' } });
    expect(token.project_id).toBe(things.project_id);
    const everywhere = await staithe.http('POST', '/v1/tokens', {
      token: token.secret,
      body: { role: 'viewer', project: other.project },
    });
    expect(codeOf(everywhere)).toBe('404 not_found');
  });
});

describe('a job token', () => {
  const tokenOf = (job: string, project: string, expiresMs = 60_000) =>
    jobTokens.sign(
      { kind: 'job', job_id: job, run_id: things.run ?? '', project_id: project },
      new Date(Date.now() + expiresMs),
    );
  const own = () => tokenOf(things.job ?? '', things.project_id ?? '');
  const jobRoutes = guarded.filter(({ spec }) => spec.access === 'job' || spec.access === 'job_or_viewer');

  it.each(forRoles.filter(({ spec }) => spec.access !== 'job_or_viewer'))(
    'may not $operation',
    async (example) => {
      expect(codeOf(await ask(example, await own()))).toBe('403 role_too_low');
    },
  );

  it.each(jobRoutes)('may $operation of its own job, and of no other', async (example) => {
    const mine = await ask(example, await own());
    const foreign = await ask(example, await tokenOf(other.job, other.project_id));
    expect(ALLOWED.concat(400), codeOf(mine)).toContain(mine.status);
    expect(codeOf(foreign)).toBe('404 not_found');
  });

  it('is good for no job of another project, whatever it says of itself', async () => {
    const liar = await tokenOf(things.job ?? '', other.project_id);
    const answer = await staithe.http('GET', `/v1/jobs/${things.job}`, { token: liar });
    expect(codeOf(answer)).toBe('404 not_found');
  });

  it('that has expired, or is signed with another key, is nobody', async () => {
    const expired = await tokenOf(things.job ?? '', things.project_id ?? '', -60_000);
    const forged = await jwtJobTokens(async () => 'another key of 43 letters or more, but not ours').sign(
      {
        kind: 'job',
        job_id: things.job ?? '',
        run_id: things.run ?? '',
        project_id: things.project_id ?? '',
      },
      new Date(Date.now() + 60_000),
    );
    for (const token of [expired, forged])
      expect(codeOf(await staithe.http('GET', `/v1/jobs/${things.job}`, { token }))).toBe(
        '401 unauthenticated',
      );
  });

  it.each(guarded.filter(({ spec }) => spec.access === 'job'))(
    'is what $operation asks for: no role will do',
    async (example) => {
      expect(codeOf(await ask(example, staithe.adminToken))).toBe('403 role_too_low');
    },
  );

  it('changes nothing of a job that has ended', async () => {
    const path = `/v1/jobs/${things.job}`;
    const token = await own();
    const upload = { name: 'x.zip', sha256: '0'.repeat(64), size_bytes: 1, content_type: 'application/zip' };
    expect(codeOf(await staithe.http('POST', `${path}/uploads`, { token, body: upload }))).toBe(
      '409 wrong_state',
    );
    const failed = { status: 'failed', error: { code: 'build_error', message: 'late' } };
    expect(codeOf(await staithe.http('POST', `${path}/result`, { token, body: failed }))).toBe(
      '409 wrong_state',
    );
    const progress = await staithe.http('POST', `${path}/progress`, {
      token,
      body: { stage: 'x', progress: 1 },
    });
    expect(progress.body).toEqual({ cancel: true });
    const run = await staithe.client.call('getRun', { params: { run: things.run ?? '' } });
    expect(run).toMatchObject({ status: 'completed' });
  });
});
