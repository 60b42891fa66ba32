import { createHmac, randomUUID } from 'node:crypto';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import { failingGitHost } from './failing-git-host.suite.ts';
import { ended, newSlug } from './flow.ts';
import { idIn, Pushes, pushOf } from './pushes.ts';

let pushes: Pushes;
beforeAll(async () => {
  pushes = await Pushes.start();
});
afterEach(() => {
  pushes.host.fault = undefined;
});
afterAll(() => pushes[Symbol.asyncDispose]());

describe('a push', needs('git'), () => {
  it('takes the place of an older one of its branch that still waits, where the project says so', async () => {
    const { client } = pushes.staithe;
    const params = { project: pushes.project };
    await client.call('updateProject', { params, body: { max_concurrent_jobs: 1, supersede: true } });
    const runOf = async (sha: string) => (await pushes.deliver(pushOf(sha))).builds[0]?.run_id ?? '';
    const stageOf = async (run: string) =>
      (await client.call('listJobs', { params: { run } })).items.map(({ stage }) => stage).join();
    const working = await runOf(pushes.endlessCommit());
    await until(
      () => stageOf(working),
      (stage) => stage.startsWith('command'),
    );
    const waiting = await runOf(pushes.endlessCommit());
    await until(
      () => stageOf(waiting),
      (stage) => stage === 'queued (project limit)',
    );

    const newest = await runOf(pushes.newCommit());

    expect(await ended(client, waiting)).toMatchObject({ status: 'cancelled', superseded_by: newest });
    await client.call('cancelRun', { params: { run: working } });
    expect((await ended(client, newest)).status).toBe('completed');
    await client.call('updateProject', { params, body: { max_concurrent_jobs: null, supersede: false } });
  });

  it('of a branch is built from the archive of its commit', async () => {
    const sha = pushes.newCommit();
    const delivery = await pushes.deliver(pushOf(sha));

    expect(delivery).toMatchObject({ repository: 'acme/hello', ref: 'refs/heads/main', git_sha: sha });
    expect(delivery.decision.kind).toBe('building');
    const [started] = delivery.builds;
    const run = await ended(pushes.staithe.client, started?.run_id ?? '');
    const built = await pushes.staithe.client.call('getBuild', {
      params: { build: started?.build_id ?? '' },
    });
    const source = await pushes.staithe.client.call('getSource', { params: { source: built.source_id } });
    expect(run).toMatchObject({ status: 'completed' });
    expect(built).toMatchObject({ git_sha: sha, git_ref: 'refs/heads/main', created_by: 'webhook' });
    expect(source).toMatchObject({
      status: 'stored',
      strip_components: 1,
      git: { repository: 'acme/hello', ref: 'refs/heads/main', sha },
    });
    const [archive] = pushes.host.asked.filter(({ url }) => url.endsWith(sha));
    expect(archive?.headers.authorization).toBeUndefined();
  });

  it('of another branch on a commit is a build too, which takes what the first has made and says so', async () => {
    const sha = pushes.newCommit();
    const first = await pushes.deliver(pushOf(sha));
    const { id: made } = await ended(pushes.staithe.client, first.builds[0]?.run_id ?? '');

    const second = await pushes.deliver(pushOf(sha, { ref: 'refs/heads/release' }));

    expect(second.decision).toMatchObject({ kind: 'building', reason: expect.stringContaining(made) });
    const run = await pushes.staithe.client.call('getRun', {
      params: { run: second.builds[0]?.run_id ?? '' },
    });
    expect(run).toMatchObject({ status: 'completed', reused_from: made });
  });

  it('of a tag is built, of an annotated tag its commit', async () => {
    const light = pushes.newCommit();
    const plain = await pushes.deliver(pushOf(light, { ref: 'refs/tags/v1' }));
    const commit = pushes.newCommit();
    const tag = pushes.host.tag(`v${pushes.version}`);
    const annotated = await pushes.deliver(
      pushOf(tag, { ref: `refs/tags/v${pushes.version}`, head_commit: { id: commit } }),
    );

    expect(plain).toMatchObject({ git_sha: light, decision: { kind: 'building' } });
    expect(tag).not.toBe(commit);
    expect(annotated).toMatchObject({ git_sha: commit, decision: { kind: 'building' } });
    expect(await pushes.buildsOf(commit)).toHaveLength(1);
  });

  it('that is delivered five times at once, and once more later, is built once', async () => {
    const sha = pushes.newCommit();
    const guid = randomUUID();
    const ids = (await Promise.all(Array.from({ length: 5 }, () => pushes.post(pushOf(sha), { guid })))).map(
      idIn,
    );
    const deliveries = await Promise.all(ids.map((id) => pushes.decided(id)));
    const late = await pushes.deliver(pushOf(sha), { guid });

    const kinds = deliveries.map(({ decision }) => decision.kind).sort();
    expect(kinds).toEqual(['building', 'duplicate', 'duplicate', 'duplicate', 'duplicate']);
    expect(late.decision.kind).toBe('duplicate');
    const first = deliveries.find(({ decision }) => decision.kind === 'building');
    expect(late.decision.reason).toContain(first?.id);
    expect(await pushes.buildsOf(sha)).toHaveLength(1);
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
      'contains [skip ci]',
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
    const before = pushes.host.asked.length;
    const delivery = await pushes.deliver(payload(pushes.newCommit()));
    expect(delivery).toMatchObject({ decision: { kind: 'ignored' }, builds: [] });
    expect(delivery.decision.reason).toContain(reason);
    expect(pushes.host.asked.length).toBe(before);
  });

  it('that is ignored is in the list of its repository, with the reason', async () => {
    const { id } = await pushes.deliver(pushOf(pushes.newCommit(), { deleted: true }));

    const { items } = await pushes.staithe.client.call('listDeliveries', {
      query: { project: pushes.project },
    });
    expect(items.find((delivery) => delivery.id === id)).toMatchObject({ decision: { kind: 'ignored' } });
  });

  it('is no other event: those are ignored with the reason', async () => {
    for (const event of ['ping', 'pull_request', 'delete']) {
      const delivery = await pushes.deliver(pushOf(pushes.newCommit()), { event });
      expect(delivery).toMatchObject({ event, decision: { kind: 'ignored' } });
      expect(delivery.decision.reason).toContain(`'${event}'`);
    }
  });
});

it(
  'a push with megabytes of payload is built, and one that Lambda cannot take is a 413 of API Gateway',
  needs('git'),
  async () => {
    const large = (bytes: number) => pushOf(pushes.newCommit(), { commits: ['x'.repeat(bytes)] });

    const delivery = await pushes.deliver(large(4_000_000));
    const tooLarge = await pushes.post(large(7_000_000));

    expect(delivery).toMatchObject({ decision: { kind: 'building' } });
    expect(delivery.payload?.size_bytes).toBeGreaterThan(4_000_000);
    expect(tooLarge).toMatchObject({ status: 413, body: { message: 'Request Entity Too Large' } });
  },
);

describe('a webhook is taken with the right signature over its very bytes alone:', needs('git'), () => {
  it.each<[string, (body: string) => string | null]>([
    ['none', () => null],
    ['of another secret', (body) => pushes.sign(body, 'guessed')],
    ['over other bytes', (body) => pushes.sign(`${body} `)],
    [
      'of SHA-1',
      (body) => `sha1=${createHmac('sha1', pushes.staithe.webhookSecret).update(body).digest('hex')}`,
    ],
    ['in upper case', (body) => pushes.sign(body).toUpperCase()],
    ['that is cut off', (body) => pushes.sign(body).slice(0, -2)],
    ['that is empty', () => ''],
  ])('a signature %s is a 401, and nothing is kept', async (_, signatureOf) => {
    const sha = pushes.newCommit();
    const body = JSON.stringify(pushOf(sha));
    const answer = await pushes.post(body, { signature: signatureOf(body) });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_signature' } });
    expect(await pushes.buildsOf(sha)).toEqual([]);
    expect(pushes.host.asked.filter(({ url }) => url.endsWith(sha))).toEqual([]);
  });
});

failingGitHost(() => pushes);

describe('who sees a delivery', needs('git'), () => {
  it('tokens of the projects that it built, and each its own build alone', async () => {
    const { client } = pushes.staithe;
    const [second, stranger] = [newSlug('second'), newSlug('stranger')];
    await client.call('createProject', { body: { slug: second, repository: 'ACME/Hello' } });
    await client.call('createProject', { body: { slug: stranger } });
    const viewer = async (project: string) =>
      pushes.staithe.as((await client.call('createToken', { body: { role: 'viewer', project } })).secret);
    const id = idIn(await pushes.post(pushOf(pushes.newCommit())));
    const whole = await until(
      () => client.call('getDelivery', { params: { delivery: id } }),
      ({ builds }) => builds.length === 2,
    );

    for (const project of [pushes.project, second]) {
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
    const sha = pushes.newCommit();
    const delivery = await pushes.deliver(pushOf(sha));
    const listed = await pushes.staithe.client.call('listDeliveries', { query: { project: pushes.project } });
    expect(listed.items[0]).toEqual(delivery);
  });
});
