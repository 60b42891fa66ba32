import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import * as Build from '../../lib/domain/builds/index.ts';
import { pushedCommit, signatureHolds } from '../../lib/domain/delivery/github.ts';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { runs } from '../../lib/domain/execution/model/run-record.ts';
import { GitHostError } from '../../lib/domain/ports/git-host.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { WEBHOOK_SECRET } from '../memory/index.ts';
import { ADMIN, refusal, type World, world } from './world.ts';

const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';
const PUSH = {
  ref: 'refs/heads/main',
  after: SHA,
  deleted: false,
  head_commit: { id: SHA },
  repository: { full_name: 'acme/hello' },
};

let place: World;
beforeEach(async () => {
  place = await world();
  place.ports.gitHost.commit('acme/hello', SHA, Buffer.from('a tar.gz'));
});
const sign = (body: string) => `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;
const receive = (payload: unknown = PUSH, event = 'push') => {
  const body = JSON.stringify(payload);
  return Delivery.receive(place.ports, {
    event,
    guid: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    signature: sign(body),
    body: Buffer.from(body),
  });
};
const show = (id: string) => Delivery.get(place.ports, ADMIN, id);
const builds = async (project = place.project) =>
  (await Build.list(place.ports, [project], { limit: 10 })).items;
const trigger = async (deliveryId: string) => {
  const { projects } = await Trigger.decide(place.ports, deliveryId);
  for (const project of projects) await Trigger.build(place.ports, deliveryId, project);
};

describe('a signature', () => {
  // GitHub docs, "Testing the webhook payload validation".
  const body = Buffer.from('Hello, World!');
  const documented = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

  test('is the one that GitHub documents', () => {
    expect(signatureHolds("It's a Secret to Everybody", body, documented)).toBe(true);
  });

  test.each([
    ['another secret', 'its a secret', body, documented],
    ['other bytes', "It's a Secret to Everybody", Buffer.from('Hello, World! '), documented],
    ['no signature', "It's a Secret to Everybody", body, undefined],
    ['SHA-1', "It's a Secret to Everybody", body, documented.replace('sha256', 'sha1')],
    ['upper case', "It's a Secret to Everybody", body, documented.toUpperCase()],
    ['a piece', "It's a Secret to Everybody", body, documented.slice(0, -1)],
    ['more', "It's a Secret to Everybody", body, `${documented}0`],
    ['a line more', "It's a Secret to Everybody", body, `${documented}\n`],
  ])('does not hold with %s', (_, secret, bytes, signature) => {
    expect(signatureHolds(secret, bytes, signature)).toBe(false);
  });

  test('that does not hold is refused and nothing is kept', async () => {
    const before = place.ports.table.all().length;
    const webhook = { event: 'push', guid: 'x', signature: sign('other'), body: Buffer.from('{}') };

    expect(await refusal(Delivery.receive(place.ports, webhook))).toBe('invalid_signature');
    expect(place.ports.table.all()).toHaveLength(before);
  });
});

describe('a payload', () => {
  const read = (payload: unknown, event = 'push') =>
    pushedCommit(event, Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)));

  test('of a push names its commit; of an annotated tag the commit and not the tag object', () => {
    expect(read(PUSH)).toEqual({
      commit: { repository: 'acme/hello', ref: 'refs/heads/main', git_sha: SHA },
    });
    expect(read({ ...PUSH, ref: 'refs/tags/v1', after: '4'.repeat(40) })).toMatchObject({
      commit: { git_sha: SHA },
    });
  });

  test.each([
    ['another event', PUSH, 'issues', /issues/],
    ['a deletion', { ...PUSH, deleted: true, after: '0'.repeat(40), head_commit: null }, 'push', /deleted/],
    ['no JSON', 'payload=%7B%7D', 'push', /not JSON/],
    ['no push', { zen: 'Keep it logically awesome.' }, 'push', /not a push event/],
    ['null', 'null', 'push', /not a push event/],
    ['a repository that is none', { ...PUSH, repository: { full_name: '../x' } }, 'push', /full_name/],
  ])('of %s starts nothing and says why', (_, payload, event, reason) => {
    expect(read(payload, event)).toMatchObject({ ignored: expect.stringMatching(reason) });
  });
});

describe('a delivery', () => {
  test('of a push builds the commit in the project of the repository', async () => {
    const { id } = await receive();

    await trigger(id);

    const [build] = await builds();
    expect(build).toMatchObject({ git_sha: SHA, git_ref: 'refs/heads/main', created_by: 'webhook' });
    expect(await show(id)).toMatchObject({
      decision: { kind: 'building', decided_at: expect.any(String) },
      builds: [{ project_id: place.project.id, build_id: build?.id }],
    });
    const runId = (await show(id)).builds[0]?.run_id ?? '';
    expect((await runs.get(place.ports.table, Keys.run(runId)))?.value.status).toBe('pending');
  });

  test('of the same commit again builds nothing and says who did', async () => {
    const first = await receive();
    await trigger(first.id);

    const second = await receive(PUSH);
    await trigger(second.id);

    expect((await show(second.id)).decision).toMatchObject({
      kind: 'duplicate',
      reason: expect.stringContaining(first.id),
    });
    expect(await builds()).toHaveLength(1);
  });

  test('of another branch or tag on a commit that was built is a build of its own, once for each', async () => {
    await trigger((await receive()).id);

    const kinds: string[] = [];
    for (const ref of ['refs/tags/v1', 'refs/heads/dev', 'refs/tags/v1', 'refs/heads/dev']) {
      const { id } = await receive({ ...PUSH, ref });
      await trigger(id);
      kinds.push((await show(id)).decision.kind);
    }

    expect(kinds).toEqual(['building', 'building', 'duplicate', 'duplicate']);
    expect((await builds()).map(({ git_ref }) => git_ref).sort()).toEqual([
      'refs/heads/dev',
      'refs/heads/main',
      'refs/tags/v1',
    ]);
  });

  test('of one commit, two at once, builds once', async () => {
    const [first, second] = [await receive(), await receive()];

    await Promise.all([trigger(first.id), trigger(second.id)]);

    expect(await builds()).toHaveLength(1);
    const kinds = [(await show(first.id)).decision.kind, (await show(second.id)).decision.kind].sort();
    expect(kinds).toEqual(['building', 'duplicate']);
  });

  test('whose step is repeated finds its own build', async () => {
    const { id } = await receive();
    await Trigger.build(place.ports, id, place.project.id);

    const again = await Trigger.build(place.ports, id, place.project.id);

    expect(again).toEqual({ outcome: 'building' });
    expect(await builds()).toHaveLength(1);
    expect((await show(id)).builds).toHaveLength(1);
    expect(await Trigger.decide(place.ports, id)).toEqual({ projects: [] });
  });

  test('of a repository with several projects builds each', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const { id } = await receive();

    await trigger(id);

    expect([await builds(), await builds(other)].map(({ length }) => length)).toEqual([1, 1]);
    expect((await show(id)).builds).toHaveLength(2);
  });

  test.each([
    'Fix a typing error [skip ci]',
    '[ci skip]',
    '[no ci] words',
    'Words [SKIP CI]',
    'Words\n\nmore [skip actions] words',
    '[actions skip]',
    'Words\n\n\nskip-checks: true',
    'Words\r\n\r\nSigned-off-by: A <a@example.com>\r\nskip-checks:true\r\n',
    'Words\n\nSkip-Checks: true\nSigned-off-by: A <a@example.com>',
  ])('whose head commit says %j is ignored, and listed with the reason', async (message) => {
    const { id } = await receive({ ...PUSH, head_commit: { id: SHA, message } });

    const delivery = await show(id);
    expect(delivery).toMatchObject({ ref: PUSH.ref, git_sha: SHA, decision: { kind: 'ignored' } });
    expect(delivery.decision.reason).toMatch(/contains (?:\[[\w ]+\]|skip-checks: ?true)\. /i);
    const { items } = await Delivery.list(place.ports, ADMIN, [place.project], {
      limit: 10,
      project: 'hello',
    });
    expect(items.map((listed) => listed.id)).toEqual([id]);
  });

  test.each([
    'skip ci',
    '[skip cin]',
    'skip-checks: true',
    'Words\n\nskip-checks: true\n\nmore words',
    'Words\n\nskip-checks: false',
    'Words\n\nwe skip-checks: true',
    'Fix `[skip  ci]`',
  ])('whose head commit says %j is built', async (message) => {
    const { id } = await receive({ ...PUSH, head_commit: { id: SHA, message } });

    expect((await show(id)).decision.kind).toBe('received');
  });

  test('of a repository without a project is ignored, and says so', async () => {
    const { id } = await receive({ ...PUSH, repository: { full_name: 'acme/unknown' } });

    await trigger(id);

    expect((await show(id)).decision).toMatchObject({
      kind: 'ignored',
      reason: expect.stringContaining('acme/unknown'),
    });
  });

  test('of something else than a push is kept and starts nothing', async () => {
    const { id, decision } = await receive({ zen: 'x' }, 'ping');

    await trigger(id);

    expect(decision.kind).toBe('ignored');
    expect(await builds()).toEqual([]);
  });

  test('is seen by a token of a project that it built in, and by no other', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const stranger = await Project.create(place.ports, ADMIN, { slug: 'stranger' });
    const { id } = await receive();
    await trigger(id);

    const seen = await Delivery.get(place.ports, { ...ADMIN, project_id: other.id }, id);

    expect(seen.builds.map(({ project_id }) => project_id)).toEqual([other.id]);
    const hidden = Delivery.get(place.ports, { ...ADMIN, project_id: stranger.id }, id);
    expect(await refusal(hidden)).toBe('not_found');
  });
});

describe('a git host that fails', () => {
  test('for a while is told apart from one that refuses', () => {
    expect(Trigger.isTemporary(new GitHostError('503', { temporary: true }))).toBe(true);
    expect(Trigger.isTemporary(new GitHostError('404'))).toBe(false);
    expect(Trigger.isTemporary(new Error('other'))).toBe(false);
  });

  test('for a while delays the build, and the retry makes it', async () => {
    const { id } = await receive();
    place.ports.gitHost.failure = new GitHostError('503', { temporary: true });
    await expect(trigger(id)).rejects.toThrow(GitHostError);
    place.ports.gitHost.failure = undefined;

    await Trigger.build(place.ports, id, place.project.id);

    expect(await builds()).toHaveLength(1);
  });

  test('that asks to wait is waited for: the delivery says so, with the time, and is in the list', async () => {
    const { id } = await receive();
    const { projects } = await Trigger.decide(place.ports, id);
    const limit = new GitHostError('It answered 403: its rate limit is reached.', {
      temporary: true,
      retryAfterSeconds: 1800,
    });
    place.ports.gitHost.failure = limit;

    const outcomes = [];
    for (const project of projects) outcomes.push(await Trigger.build(place.ports, id, project));
    const waiting = await show(id);
    const { items } = await Delivery.list(place.ports, ADMIN, [place.project], {
      limit: 10,
      project: 'hello',
    });
    place.ports.gitHost.failure = undefined;
    place.ports.clock.advance(1_800_000);
    await trigger(id);

    expect(outcomes).toEqual([{ outcome: 'wait', seconds: 1800 }]);
    expect(waiting.decision).toEqual({
      kind: 'received',
      reason: `${limit.message} The next attempt is at ${waiting.retry_at}.`,
    });
    expect(Date.parse(waiting.retry_at ?? '') - Date.parse(waiting.received_at)).toBeGreaterThanOrEqual(
      1_800_000,
    );
    expect(items.map((one) => one.id)).toEqual([id]);
    expect(await show(id)).toMatchObject({ decision: { kind: 'building' } });
    expect((await show(id)).retry_at).toBeUndefined();
  });

  test('that asks one of two projects to wait keeps its time and its claim, though the other builds', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const first = await receive();
    await Trigger.decide(place.ports, first.id);
    place.ports.gitHost.failure = new GitHostError('limit', { temporary: true, retryAfterSeconds: 2400 });
    await Trigger.build(place.ports, first.id, other.id);
    const { retry_at } = await show(first.id);
    place.ports.gitHost.failure = undefined;
    await Trigger.build(place.ports, first.id, place.project.id);
    const waiting = await show(first.id);
    place.ports.clock.advance(2_500_000);
    const second = await receive();

    const outcome = await Trigger.build(place.ports, second.id, other.id);
    await Trigger.build(place.ports, first.id, other.id);

    expect(waiting).toMatchObject({ decision: { kind: 'building' }, retry_at });
    expect(outcome).toEqual({ outcome: 'duplicate' });
    expect((await show(first.id)).retry_at).toBeUndefined();
    expect((await show(first.id)).builds.map((build) => build.project_id)).toEqual([
      place.project.id,
      other.id,
    ]);
  });

  test('that asks again and again, or for longer than an hour, is given up, and says when to deliver the push again', async () => {
    const { id } = await receive();
    await Trigger.decide(place.ports, id);
    const build = (waits: number, retryAfterSeconds: number) => {
      place.ports.gitHost.failure = new GitHostError('limit', { temporary: true, retryAfterSeconds });
      return Trigger.build(place.ports, id, place.project.id, waits);
    };

    for (const [waits, seconds] of [
      [3, 10],
      [0, 86_400],
    ] as const) {
      const error: unknown = await build(waits, seconds).catch((thrown: unknown) => thrown);
      const after = new Date(place.ports.clock.now().getTime() + seconds * 1000).toISOString();

      expect(error).toMatchObject({
        message: `limit Staithe stopped retrying. Redeliver the push after ${after}.`,
        temporary: false,
      });
    }
  });

  test('that cannot be asked at all leaves a failed delivery in the list', async () => {
    const { id } = await receive();
    const [project = ''] = (await Trigger.decide(place.ports, id)).projects;
    await Trigger.recordFailure(place.ports, id, project, 'It answered 404. The repository is private.');

    const { items } = await Delivery.list(place.ports, ADMIN, [place.project], {
      limit: 10,
      project: 'hello',
    });

    expect(items).toMatchObject([
      { id, decision: { kind: 'failed', reason: expect.stringContaining('private') } },
    ]);
    expect(items[0]).not.toHaveProperty('builds.0');
  });

  test('for good is noted with the reason, and the commit is free for another delivery', async () => {
    const first = await receive();
    place.ports.gitHost.failure = new GitHostError('The repository answered 404.');
    await expect(trigger(first.id)).rejects.toThrow(GitHostError);
    await Trigger.recordFailure(place.ports, first.id, place.project.id, 'The repository answered 404.');
    await Trigger.recordFailure(place.ports, first.id, place.project.id, 'The repository answered 404.');
    place.ports.gitHost.failure = undefined;

    const second = await receive();
    await trigger(second.id);

    expect((await show(first.id)).decision).toMatchObject({
      kind: 'failed',
      reason: 'The repository answered 404.',
    });
    expect((await show(second.id)).decision.kind).toBe('building');
  });
});
