import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { build, deploy, digestOf, ended, functionTree, newSlug, settled } from './flow.ts';
import { EXAMPLES, pathOf } from './requests.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';
import { allItems } from './table.ts';

let staithe: Staithe;
let buildId: string;
let sourceId: string;
let releaseId: string;
const PROJECT = newSlug('twice');

beforeAll(async () => {
  staithe = await startStaithe();
  const { client } = staithe;
  const params = { project: PROJECT };
  await client.call('createProject', { body: { slug: PROJECT } });
  ({ buildId } = await build(client, PROJECT, functionTree('x')));
  sourceId = (await client.call('getBuild', { params: { build: buildId } })).source_id;
  releaseId = (await client.call('createRelease', { params, body: { build_id: buildId, version: '0.0.1' } }))
    .id;
});
afterAll(() => staithe[Symbol.asyncDispose]());

let count = 0;
interface Creation {
  readonly params: Record<string, string>;
  readonly body?: object;
  /** The kind of item that there is one more of. */
  readonly entity: string;
}
/** A new request for each route that creates something. */
const CREATIONS: Record<string, () => Promise<Creation>> = {
  createProject: async () => ({ params: {}, body: { slug: newSlug('new') }, entity: 'project' }),
  createSource: async () => ({
    params: { project: PROJECT },
    body: { sha256: digestOf(Buffer.from(`${++count}`)), size_bytes: 5 },
    entity: 'source',
  }),
  createBuild: async () => ({ params: { project: PROJECT }, body: { source_id: sourceId }, entity: 'build' }),
  createRun: async () => ({ params: { build: buildId }, entity: 'run' }),
  createRelease: async () => ({
    params: { project: PROJECT },
    body: { build_id: buildId, version: `1.0.${++count}`, tag: `t-${count}` },
    entity: 'release',
  }),
  createDeployment: async () => {
    const environment = newSlug('env');
    await staithe.client.call('putEnvironment', {
      params: { project: PROJECT, environment },
      body: { target: { kind: 'lambda', function_name: environment } },
    });
    return { params: { project: PROJECT, environment }, body: { release: releaseId }, entity: 'deployment' };
  },
  rollBackEnvironment: async () => {
    const environment = newSlug('env');
    const params = { project: PROJECT, environment };
    for (const MARK of ['one', 'two']) {
      const target = { kind: 'lambda' as const, function_name: environment };
      await staithe.client.call('putEnvironment', { params, body: { target, variables: { MARK } } });
      await deploy(staithe.client, PROJECT, environment, releaseId);
    }
    return { params, entity: 'deployment' };
  },
  createToken: async () => ({ params: {}, body: { role: 'viewer' }, entity: 'token' }),
  createUser: async () => ({ params: {}, body: { name: newSlug('user') }, entity: 'user' }),
  createSubscription: async () => ({ params: {}, body: subscribed(), entity: 'subscription' }),
  testSubscription: async () => {
    const { id: subscription } = await staithe.client.call('createSubscription', { body: subscribed() });
    return { params: { subscription }, entity: 'notification' };
  },
  createArtifact: async () => ({ params: {}, body: announced(), entity: 'artifact' }),
};
const announced = () => ({
  project: PROJECT,
  name: `a-${++count}.txt`,
  sha256: digestOf(Buffer.from(`${count}`)),
  size_bytes: 5,
});

const subscribed = () => ({
  project: PROJECT,
  name: `s-${++count}`,
  events: ['Deletion Requested'],
  target: { kind: 'webhook' as const, url: 'http://127.0.0.1:9/' },
});

/**
 * What leaves no new item behind, and where its repeat is claimed: `dead-letters.test.ts`, `pull.test.ts`,
 * `subscriptions.test.ts`, `promotion.test.ts`, `test/domain/{release/yank,deployment/*}.test.ts`.
 */
const NOTHING_NEW: readonly string[] = [
  'redriveDeadLetter',
  'redriveDeadLetters',
  'createPullToken',
  'yankRelease',
  'unyankRelease',
  ...['approveDeployment', 'rejectDeployment', 'planDeployment', 'holdEnvironment', 'resumeEnvironment'],
  ...['verifyDeployment', 'stopProject', 'resumeProject'],
  ...['enableSubscription', 'disableSubscription', 'rotateSubscriptionSecret', 'replayNotification'],
];
/** The others bring on what there is: an upload. */
const creating = EXAMPLES.filter(
  ({ spec, operation }) =>
    spec.method === 'POST' &&
    !['public', 'job'].includes(spec.access) &&
    !operation.startsWith('cancel') &&
    !NOTHING_NEW.includes(operation) &&
    !spec.path.includes('{artifact}'),
);

const Created = z.object({ id: z.string(), latest_run: z.object({ id: z.string() }).nullish() });
const Code = z.object({ code: z.string() });

/** Sends one request several times at once, and counts what there is more of. */
async function sendAtOnce(example: (typeof creating)[number], times: number) {
  const creation = await CREATIONS[example.operation]?.();
  if (creation === undefined) throw new Error(`${example.operation} is not in the table CREATIONS.`);
  const key = `key-${++count}`;
  const send = (body: object | undefined = creation.body, token = staithe.adminToken): Promise<HttpAnswer> =>
    staithe.http(example.spec.method, pathOf(example, creation.params), {
      ...(body !== undefined && { body }),
      token,
      headers: { 'idempotency-key': key },
    });
  const countOf = async () =>
    (await allItems(staithe)).filter(({ entity }) => entity === creation.entity).length;
  const before = await countOf();
  const answers = await Promise.all(Array.from({ length: times }, () => send()));
  return { creation, send, answers, made: (await countOf()) - before };
}

/** Waits for what a request has begun, so that it disturbs no other. */
async function finish(answer: HttpAnswer): Promise<void> {
  const { id, latest_run: run } = Created.parse(answer.body);
  if (run) await ended(staithe.client, run.id);
  if (id.startsWith('run_')) await ended(staithe.client, id);
  if (id.startsWith('dep_')) await settled(staithe.client, id);
}

/** Their answer has a secret, which is told once: who repeats it learns that it was created. */
const TELLS_A_SECRET = ['createToken', 'createSubscription'];

describe('an Idempotency-Key', () => {
  it.each(creating)(
    'lets $operation, sent six times at once, make one thing, and tells all of it',
    async (example) => {
      const { answers, made } = await sendAtOnce(example, 6);
      const done = answers.filter(({ status }) => status === example.spec.success.status);
      const others = answers.filter(({ status }) => status !== example.spec.success.status);
      await Promise.all(done.slice(0, 1).map(finish));

      expect(made).toBe(1);
      expect(new Set(done.map(({ body }) => Created.parse(body).id)).size).toBe(1);
      if (TELLS_A_SECRET.includes(example.operation)) {
        expect(done).toHaveLength(1);
        expect(others.map(({ body }) => Code.parse(body).code)).toEqual(Array(5).fill('wrong_state'));
      } else expect(others).toEqual([]);
    },
  );

  it.each(creating)('gives the repeat of $operation the first answer', async (example) => {
    const { answers, send } = await sendAtOnce(example, 1);
    const [first] = answers;
    const again = await send();
    if (first !== undefined) await finish(first);
    const later = await send();

    if (TELLS_A_SECRET.includes(example.operation)) {
      expect(again).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
    } else if (example.spec.repeat === 'rerun') {
      expect(Created.parse(again.body).id).toBe(Created.parse(first?.body).id);
    } else {
      for (const answer of [again, later]) {
        expect(answer.headers.get('idempotency-replayed')).toBe('true');
        expect([answer.status, answer.body]).toEqual([first?.status, first?.body]);
      }
    }
  });

  it.each(creating)('refuses $operation with another body', async (example) => {
    const { answers, send, creation } = await sendAtOnce(example, 1);
    const other = await send({ ...creation.body, name: 'another' });
    if (answers[0] !== undefined) await finish(answers[0]);
    // What is not valid is refused for that before the key is looked at.
    expect(['idempotency_key_reused', 'validation_failed']).toContain(Code.parse(other.body).code);
  });

  it('brings an upload on as often as it is sent, and is for one request', async () => {
    const { client } = staithe;
    const size_bytes = 20 * 1024 ** 2;
    const { id } = await client.call('createArtifact', { body: { ...announced(), size_bytes } });
    const send = (path: string, body: object = {}) =>
      staithe.http('POST', `/v1/artifacts/${id}/${path}`, {
        body,
        token: staithe.adminToken,
        headers: { 'idempotency-key': 'parts' },
      });
    const part = (number: number) => ({ parts: [{ number, sha256: 'a'.repeat(64) }] });

    const begun = [await send('multipart'), await send('multipart')];
    const signed = [await send('multipart/parts', part(1)), await send('multipart/parts', part(1))];

    expect(begun[1]).toMatchObject({ status: 200, body: begun[0]?.body });
    expect(signed.map(({ status }) => status)).toEqual([200, 200]);
    expect(await send('multipart/parts', part(2))).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    // A key is for its path: nothing was answered there before, and nothing has arrived.
    for (const _ of [1, 2])
      expect(await send('complete')).toMatchObject({ status: 409, body: { code: 'artifact_not_stored' } });
  });

  it('belongs to its token and its path: others may use the same', async () => {
    const secret = (await staithe.client.call('createToken', { body: { role: 'admin' } })).secret;
    const key = { 'idempotency-key': 'everybody' };
    const create = (slug: string, token: string) =>
      staithe.http('POST', '/v1/projects', { body: { slug }, token, headers: key });
    const [one, two] = [newSlug('own'), newSlug('own')];
    expect((await create(one, staithe.adminToken)).status).toBe(201);
    expect((await create(two, secret)).status).toBe(201);
    expect(await create(two, staithe.adminToken)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  it('is not used up by a request that failed: the same can be sent again once it may succeed', async () => {
    const slug = newSlug('freed');
    const { id } = await staithe.client.call('createProject', { body: { slug } });
    const send = () =>
      staithe.http('POST', '/v1/projects', {
        body: { slug },
        headers: { 'idempotency-key': `freed-${slug}` },
      });
    const refused = await send();
    await staithe.client.call('deleteProject', { params: { project: id } });
    expect([refused.status, (await send()).status]).toEqual([409, 201]);
  });

  it('on a body of another shape of the same request is another request', async () => {
    const headers = { 'idempotency-key': 'shape' };
    const slug = newSlug('shape');
    const first = await staithe.http('POST', '/v1/projects', { body: `{"slug":"${slug}"}`, headers });
    const second = await staithe.http('POST', '/v1/projects', { body: `{ "slug": "${slug}" }`, headers });
    expect([first.status, second.status]).toEqual([201, 422]);
  });
});
