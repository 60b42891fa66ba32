import { beforeEach, describe, expect, test } from 'vitest';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { GitHostError } from '../../lib/domain/ports/git-host.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { pushing } from './pushing.ts';
import { ADMIN, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof pushing>>;
beforeEach(async () => {
  scene = await pushing();
  ({ place } = scene);
});

describe('a git host that fails', () => {
  test('for a while is told apart from one that refuses', () => {
    expect(Trigger.isTemporary(new GitHostError('503', { temporary: true }))).toBe(true);
    expect(Trigger.isTemporary(new GitHostError('404'))).toBe(false);
    expect(Trigger.isTemporary(new Error('other'))).toBe(false);
  });

  test('for a while delays the build, and the retry makes it', async () => {
    const { id } = await scene.receive();
    place.ports.gitHost.failure = new GitHostError('503', { temporary: true });
    await expect(scene.trigger(id)).rejects.toThrow(GitHostError);
    place.ports.gitHost.failure = undefined;

    await Trigger.build(place.ports, id, place.project.id);

    expect(await scene.builds()).toHaveLength(1);
  });

  test('that asks to wait is waited for: the delivery says so, with the time, and is in the list', async () => {
    const { id } = await scene.receive();
    const { projects } = await Trigger.decide(place.ports, id);
    const limit = new GitHostError('It answered 403: its rate limit is reached.', {
      temporary: true,
      retryAfterSeconds: 1800,
    });
    place.ports.gitHost.failure = limit;

    const outcomes = [];
    for (const project of projects) outcomes.push(await Trigger.build(place.ports, id, project));
    const waiting = await scene.show(id);
    const { items } = await Delivery.list(place.ports, ADMIN, [place.project], {
      limit: 10,
      project: 'hello',
    });
    place.ports.gitHost.failure = undefined;
    place.ports.clock.advance(1_800_000);
    await scene.trigger(id);

    expect(outcomes).toEqual([{ outcome: 'wait', seconds: 1800 }]);
    expect(waiting.decision).toEqual({
      kind: 'received',
      reason: `${limit.message} The next attempt is at ${waiting.retry_at}.`,
    });
    expect(Date.parse(waiting.retry_at ?? '') - Date.parse(waiting.received_at)).toBeGreaterThanOrEqual(
      1_800_000,
    );
    expect(items.map((one) => one.id)).toEqual([id]);
    expect(await scene.show(id)).toMatchObject({ decision: { kind: 'building' } });
    expect((await scene.show(id)).retry_at).toBeUndefined();
  });

  test('that asks one of two projects to wait keeps its time and its claim, though the other builds', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const first = await scene.receive();
    await Trigger.decide(place.ports, first.id);
    place.ports.gitHost.failure = new GitHostError('limit', { temporary: true, retryAfterSeconds: 2400 });
    await Trigger.build(place.ports, first.id, other.id);
    const { retry_at } = await scene.show(first.id);
    place.ports.gitHost.failure = undefined;
    await Trigger.build(place.ports, first.id, place.project.id);
    const waiting = await scene.show(first.id);
    place.ports.clock.advance(2_500_000);
    const second = await scene.receive();

    const outcome = await Trigger.build(place.ports, second.id, other.id);
    await Trigger.build(place.ports, first.id, other.id);

    expect(waiting).toMatchObject({ decision: { kind: 'building' }, retry_at });
    expect(outcome).toEqual({ outcome: 'duplicate' });
    expect((await scene.show(first.id)).retry_at).toBeUndefined();
    expect((await scene.show(first.id)).builds.map((build) => build.project_id)).toEqual([
      place.project.id,
      other.id,
    ]);
  });

  test('that asks again and again, or for longer than an hour, is given up, and says when to deliver the push again', async () => {
    const { id } = await scene.receive();
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
    const { id } = await scene.receive();
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
    const first = await scene.receive();
    place.ports.gitHost.failure = new GitHostError('The repository answered 404.');
    await expect(scene.trigger(first.id)).rejects.toThrow(GitHostError);
    await Trigger.recordFailure(place.ports, first.id, place.project.id, 'The repository answered 404.');
    await Trigger.recordFailure(place.ports, first.id, place.project.id, 'The repository answered 404.');
    place.ports.gitHost.failure = undefined;

    const second = await scene.receive();
    await scene.trigger(second.id);

    expect((await scene.show(first.id)).decision).toMatchObject({
      kind: 'failed',
      reason: 'The repository answered 404.',
    });
    expect((await scene.show(second.id)).decision.kind).toBe('building');
  });
});
