import { createHmac, randomUUID } from 'node:crypto';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import type { Delivery } from '../../lib/domain/delivery/schema.ts';
import { ownAssembly } from './assembly.ts';
import { ended, functionTree, newSlug } from './flow.ts';
import { type GitHost, startGitHost } from './git-host.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';

let host: GitHost;
let staithe: Staithe;
const PROJECT = newSlug('pushed');

beforeAll(async () => {
  host = await startGitHost();
  // The pauses between tries at a git host that is down are seconds long: here the first is 1 s and not 5.
  const assembly = await ownAssembly({
    change: ({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources))
        if (Type === 'AWS::StepFunctions::StateMachine')
          Properties.DefinitionString = JSON.parse(
            JSON.stringify(Properties.DefinitionString).replaceAll(
              String.raw`\"IntervalSeconds\":5,\"BackoffRate\":2,`,
              String.raw`\"IntervalSeconds\":1,\"BackoffRate\":1,`,
            ),
          );
    },
  });
  staithe = await startStaithe({ assembly, counts: true, parameters: { GitHostUrl: host.url } });
  await staithe.client.call('createProject', { body: { slug: PROJECT, repository: 'acme/hello' } });
});
afterEach(() => {
  host.fault = undefined;
});
afterAll(async () => {
  await staithe[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

const sign = (body: string, secret = staithe.webhookSecret) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** Sends what GitHub would send. @param options.signature null for none */
function post(
  payload: unknown,
  options: { event?: string; signature?: string | null; guid?: string } = {},
): Promise<HttpAnswer> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const { signature = sign(body), event = 'push', guid = randomUUID() } = options;
  return staithe.http('POST', '/v1/webhooks/github', {
    token: null,
    body,
    headers: {
      'x-github-event': event,
      'x-github-delivery': guid,
      ...(signature !== null && { 'x-hub-signature-256': signature }),
    },
  });
}

const pushOf = (sha: string, more: object = {}) => ({
  ref: 'refs/heads/main',
  before: '0'.repeat(40),
  after: sha,
  deleted: false,
  head_commit: { id: sha },
  repository: { full_name: 'acme/hello', private: false },
  pusher: { name: 'somebody' },
  ...more,
});

const idIn = (answer: HttpAnswer): string => {
  expect(answer.status).toBe(202);
  return String(Reflect.get(Object(answer.body), 'delivery_id'));
};

/** What came of a delivery, once that is known. */
const decided = (id: string): Promise<Delivery> =>
  until(
    () => staithe.client.call('getDelivery', { params: { delivery: id } }),
    ({ decision }) => decision.kind !== 'received',
  );

const deliver = async (payload: unknown, options?: Parameters<typeof post>[1]) =>
  decided(idIn(await post(payload, options)));

const buildsOf = async (sha: string) =>
  (
    await staithe.client.call('listBuilds', { params: { project: PROJECT }, query: { limit: 100 } })
  ).items.filter(({ git_sha }) => git_sha === sha);

let version = 0;
const newCommit = () => host.commit(functionTree(`version ${++version}`));

/** A commit whose build takes until it is cancelled. */
const endlessCommit = () =>
  host.commit({
    'staithe.yaml': JSON.stringify({
      services: { web: { commands: [`sleep 60${++version}`], artifacts: 'out' } },
    }),
  });

describe('a push', needs('git'), () => {
  it('takes the place of an older one of its branch that still waits, where the project says so', async () => {
    const { client } = staithe;
    const params = { project: PROJECT };
    await client.call('updateProject', { params, body: { max_concurrent_jobs: 1, supersede: true } });
    const runOf = async (sha: string) => (await deliver(pushOf(sha))).builds[0]?.run_id ?? '';
    const stageOf = async (run: string) =>
      (await client.call('listJobs', { params: { run } })).items.map(({ stage }) => stage).join();
    const working = await runOf(endlessCommit());
    await until(
      () => stageOf(working),
      (stage) => stage.startsWith('command'),
    );
    const waiting = await runOf(endlessCommit());
    await until(
      () => stageOf(waiting),
      (stage) => stage === 'queued (project limit)',
    );

    const newest = await runOf(newCommit());

    expect(await ended(client, waiting)).toMatchObject({ status: 'cancelled', superseded_by: newest });
    await client.call('cancelRun', { params: { run: working } });
    expect((await ended(client, newest)).status).toBe('completed');
    await client.call('updateProject', { params, body: { max_concurrent_jobs: null, supersede: false } });
  });

  it('of a branch is built from the archive of its commit', async () => {
    const sha = newCommit();
    const delivery = await deliver(pushOf(sha));

    expect(delivery).toMatchObject({ repository: 'acme/hello', ref: 'refs/heads/main', git_sha: sha });
    expect(delivery.decision.kind).toBe('building');
    const [started] = delivery.builds;
    const run = await ended(staithe.client, started?.run_id ?? '');
    const built = await staithe.client.call('getBuild', { params: { build: started?.build_id ?? '' } });
    const source = await staithe.client.call('getSource', { params: { source: built.source_id } });
    expect(run).toMatchObject({ status: 'completed' });
    expect(built).toMatchObject({ git_sha: sha, git_ref: 'refs/heads/main', created_by: 'webhook' });
    expect(source).toMatchObject({
      status: 'stored',
      strip_components: 1,
      git: { repository: 'acme/hello', ref: 'refs/heads/main', sha },
    });
    const [archive] = host.asked.filter(({ url }) => url.endsWith(sha));
    expect(archive?.headers.authorization).toBeUndefined();
  });

  it('of another branch on a commit is a build too, which takes what the first has made and says so', async () => {
    const sha = newCommit();
    const first = await deliver(pushOf(sha));
    const { id: made } = await ended(staithe.client, first.builds[0]?.run_id ?? '');

    const second = await deliver(pushOf(sha, { ref: 'refs/heads/release' }));

    expect(second.decision).toMatchObject({ kind: 'building', reason: expect.stringContaining(made) });
    const run = await staithe.client.call('getRun', { params: { run: second.builds[0]?.run_id ?? '' } });
    expect(run).toMatchObject({ status: 'completed', reused_from: made });
  });

  it('of a tag is built, of an annotated tag its commit', async () => {
    const light = newCommit();
    const plain = await deliver(pushOf(light, { ref: 'refs/tags/v1' }));
    const commit = newCommit();
    const tag = host.tag(`v${version}`);
    const annotated = await deliver(
      pushOf(tag, { ref: `refs/tags/v${version}`, head_commit: { id: commit } }),
    );

    expect(plain).toMatchObject({ git_sha: light, decision: { kind: 'building' } });
    expect(tag).not.toBe(commit);
    expect(annotated).toMatchObject({ git_sha: commit, decision: { kind: 'building' } });
    expect(await buildsOf(commit)).toHaveLength(1);
  });

  it('that is delivered five times at once, and once more later, is built once', async () => {
    const sha = newCommit();
    const guid = randomUUID();
    const ids = (await Promise.all(Array.from({ length: 5 }, () => post(pushOf(sha), { guid })))).map(idIn);
    const deliveries = await Promise.all(ids.map(decided));
    const late = await deliver(pushOf(sha), { guid });

    const kinds = deliveries.map(({ decision }) => decision.kind).sort();
    expect(kinds).toEqual(['building', 'duplicate', 'duplicate', 'duplicate', 'duplicate']);
    expect(late.decision.kind).toBe('duplicate');
    const first = deliveries.find(({ decision }) => decision.kind === 'building');
    expect(late.decision.reason).toContain(first?.id);
    expect(await buildsOf(sha)).toHaveLength(1);
  });

  it.each([
    [
      'of a deleted branch',
      (sha: string) => pushOf(sha, { deleted: true, after: '0'.repeat(40), head_commit: null }),
      'was deleted',
    ],
    [
      'of a repository that no project has',
      (sha: string) => pushOf(sha, { repository: { full_name: 'acme/unknown' } }),
      'No project has the repository acme/unknown',
    ],
    [
      'whose head commit says so',
      (sha: string) => pushOf(sha, { head_commit: { id: sha, message: 'Correct a typing error [skip ci]' } }),
      'says [skip ci]',
    ],
    ['that is none', () => ({ zen: 'Design for failure.' }), 'not a push event'],
    [
      'whose repository is a path',
      (sha: string) => pushOf(sha, { repository: { full_name: '../../etc' } }),
      'not a push event',
    ],
    ['whose commit is a path', () => pushOf('../../main'), 'not a push event'],
    ['that is no JSON', () => 'payload=%7B%7D', 'not JSON'],
  ] as const)('%s is ignored, with the reason', async (_, payload, reason) => {
    const before = host.asked.length;
    const delivery = await deliver(payload(newCommit()));
    expect(delivery).toMatchObject({ decision: { kind: 'ignored' }, builds: [] });
    expect(delivery.decision.reason).toContain(reason);
    expect(host.asked.length).toBe(before);
  });

  it('that is ignored is in the list of its repository, with the reason', async () => {
    const { id } = await deliver(pushOf(newCommit(), { deleted: true }));

    const { items } = await staithe.client.call('listDeliveries', { query: { project: PROJECT } });
    expect(items.find((delivery) => delivery.id === id)).toMatchObject({ decision: { kind: 'ignored' } });
  });

  it('is no other event: those are ignored with the reason', async () => {
    for (const event of ['ping', 'pull_request', 'delete']) {
      const delivery = await deliver(pushOf(newCommit()), { event });
      expect(delivery).toMatchObject({ event, decision: { kind: 'ignored' } });
      expect(delivery.decision.reason).toContain(`'${event}'`);
    }
  });
});

it(
  'a push with megabytes of payload is built, and one that Lambda cannot take is a 413 of API Gateway',
  needs('git'),
  async () => {
    const large = (bytes: number) => pushOf(newCommit(), { commits: ['x'.repeat(bytes)] });

    const delivery = await deliver(large(4_000_000));
    const tooLarge = await post(large(7_000_000));

    expect(delivery).toMatchObject({ decision: { kind: 'building' } });
    expect(delivery.payload?.size_bytes).toBeGreaterThan(4_000_000);
    expect(tooLarge).toMatchObject({ status: 413, body: { message: 'Request Entity Too Large' } });
  },
);

describe('a webhook is taken with the right signature over its very bytes alone:', needs('git'), () => {
  it.each<[string, (body: string) => string | null]>([
    ['none', () => null],
    ['of another secret', (body) => sign(body, 'guessed')],
    ['over other bytes', (body) => sign(`${body} `)],
    ['of SHA-1', (body) => `sha1=${createHmac('sha1', staithe.webhookSecret).update(body).digest('hex')}`],
    ['in upper case', (body) => sign(body).toUpperCase()],
    ['that is cut off', (body) => sign(body).slice(0, -2)],
    ['that is empty', () => ''],
  ])('a signature %s is a 401, and nothing is kept', async (_, signatureOf) => {
    const sha = newCommit();
    const body = JSON.stringify(pushOf(sha));
    const answer = await post(body, { signature: signatureOf(body) });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_signature' } });
    expect(await buildsOf(sha)).toEqual([]);
    expect(host.asked.filter(({ url }) => url.endsWith(sha))).toEqual([]);
  });
});

describe('a git host', needs('git'), () => {
  it.each([503, 429, 'silence', 'half'] as const)(
    'that answers with %s for a while is asked again',
    async (fault) => {
      const sha = newCommit();
      host.fault = fault;
      const id = idIn(await post(pushOf(sha)));
      await until(
        async () => host.asked.filter(({ url }) => url.endsWith(sha)).length,
        (times) => times > 0,
      );
      host.fault = undefined;
      expect(await decided(id)).toMatchObject({ decision: { kind: 'building' } });
      expect(host.asked.filter(({ url }) => url.endsWith(sha)).length).toBeGreaterThan(1);
    },
  );

  it('that stays down fails the delivery with the reason, and a later delivery of the commit builds it', async () => {
    const sha = newCommit();
    host.fault = 503;
    const failed = await deliver(pushOf(sha));
    host.fault = undefined;
    const later = await deliver(pushOf(sha));

    expect(failed).toMatchObject({ decision: { kind: 'failed' }, builds: [] });
    expect(failed.decision.reason).toContain('answered 503');
    expect(later).toMatchObject({ decision: { kind: 'building' } });
    expect(await buildsOf(sha)).toHaveLength(1);
  });

  it('that does not know the commit is asked once, and the delivery fails with the reason', async () => {
    const sha = 'ab'.repeat(20);
    const delivery = await deliver(pushOf(sha));
    expect(delivery).toMatchObject({ decision: { kind: 'failed' } });
    expect(delivery.decision.reason).toContain('answered 404');
    expect(host.asked.filter(({ url }) => url.endsWith(sha))).toHaveLength(1);
  });
});

describe('a git host that gives no archive for good', needs('git'), () => {
  it.each([
    [403, 'must be public'],
    [404, 'private'],
    ['page', 'sign-in page'],
  ] as const)(
    '(%s) is asked once; the delivery is in the list, with the reason and what to do',
    async (fault, advice) => {
      const sha = newCommit();
      host.fault = fault;
      const failed = await deliver(pushOf(sha));
      host.fault = undefined;

      const { items } = await staithe.client.call('listDeliveries', {
        query: { project: PROJECT, limit: 20 },
      });

      expect(items.find(({ id }) => id === failed.id)?.decision).toMatchObject({
        kind: 'failed',
        reason: expect.stringContaining(advice),
      });
      expect(host.asked.filter(({ url }) => url.endsWith(sha))).toHaveLength(1);
    },
  );
});

describe('who sees a delivery', needs('git'), () => {
  it('tokens of the projects that it built, and each its own build alone', async () => {
    const { client } = staithe;
    const [second, stranger] = [newSlug('second'), newSlug('stranger')];
    await client.call('createProject', { body: { slug: second, repository: 'ACME/Hello' } });
    await client.call('createProject', { body: { slug: stranger } });
    const viewer = async (project: string) =>
      staithe.as((await client.call('createToken', { body: { role: 'viewer', project } })).secret);
    const id = idIn(await post(pushOf(newCommit())));
    const whole = await until(
      () => client.call('getDelivery', { params: { delivery: id } }),
      ({ builds }) => builds.length === 2,
    );

    for (const project of [PROJECT, second]) {
      const { id: projectId } = await client.call('getProject', { params: { project } });
      const seen = await (await viewer(project)).call('getDelivery', { params: { delivery: id } });
      expect(seen.builds).toEqual(whole.builds.filter(({ project_id }) => project_id === projectId));
      expect(seen.builds).toHaveLength(1);
    }
    const refused = await (await viewer(stranger))
      .call('getDelivery', { params: { delivery: id } })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ problem: { status: 404 } });
    await client.call('updateProject', { params: { project: second }, body: { repository: null } });
  });

  it('a project lists the deliveries of its repository, the newest first', async () => {
    const sha = newCommit();
    const delivery = await deliver(pushOf(sha));
    const listed = await staithe.client.call('listDeliveries', { query: { project: PROJECT } });
    expect(listed.items[0]).toEqual(delivery);
  });
});
