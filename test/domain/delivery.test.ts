import { beforeEach, describe, expect, test } from 'vitest';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { runs } from '../../lib/domain/execution/model/run-record.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { PUSH, pushing, SHA } from './pushing.ts';
import { ADMIN, refusal, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof pushing>>;
beforeEach(async () => {
  scene = await pushing();
  ({ place } = scene);
});

describe('a delivery', () => {
  test('of a push builds the commit in the project of the repository', async () => {
    const { id } = await scene.receive();

    await scene.trigger(id);

    const [build] = await scene.builds();
    expect(build).toMatchObject({ git_sha: SHA, git_ref: 'refs/heads/main', created_by: 'webhook' });
    expect(await scene.show(id)).toMatchObject({
      decision: { kind: 'building', decided_at: expect.any(String) },
      builds: [{ project_id: place.project.id, build_id: build?.id }],
    });
    const runId = (await scene.show(id)).builds[0]?.run_id ?? '';
    expect((await runs.get(place.ports.table, Keys.run(runId)))?.value.status).toBe('pending');
  });

  test.each([
    ['says when it was pushed, however late it comes', 1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['that claims to be of the future is of now', 32_000_000_000, undefined],
    ['without a time that can be read is as old as its delivery', 'yesterday', undefined],
  ])('of a push %s', async (_, pushed_at, expected) => {
    const delivery = await scene.receive({ ...PUSH, repository: { ...PUSH.repository, pushed_at } });
    await scene.trigger(delivery.id);

    expect((await scene.builds())[0]?.pushed_at).toBe(expected ?? delivery.received_at);
  });

  test('of the same commit again builds nothing and says who did', async () => {
    const first = await scene.receive();
    await scene.trigger(first.id);

    const second = await scene.receive(PUSH);
    await scene.trigger(second.id);

    expect((await scene.show(second.id)).decision).toMatchObject({
      kind: 'duplicate',
      reason: expect.stringContaining(first.id),
    });
    expect(await scene.builds()).toHaveLength(1);
  });

  test('of another branch or tag on a commit that was built is a build of its own, once for each', async () => {
    await scene.trigger((await scene.receive()).id);

    const kinds: string[] = [];
    for (const ref of ['refs/tags/v1', 'refs/heads/dev', 'refs/tags/v1', 'refs/heads/dev']) {
      const { id } = await scene.receive({ ...PUSH, ref });
      await scene.trigger(id);
      kinds.push((await scene.show(id)).decision.kind);
    }

    expect(kinds).toEqual(['building', 'building', 'duplicate', 'duplicate']);
    expect((await scene.builds()).map(({ git_ref }) => git_ref).sort()).toEqual([
      'refs/heads/dev',
      'refs/heads/main',
      'refs/tags/v1',
    ]);
  });

  test('of one commit, two at once, builds once', async () => {
    const [first, second] = [await scene.receive(), await scene.receive()];

    await Promise.all([scene.trigger(first.id), scene.trigger(second.id)]);

    expect(await scene.builds()).toHaveLength(1);
    const kinds = [
      (await scene.show(first.id)).decision.kind,
      (await scene.show(second.id)).decision.kind,
    ].sort();
    expect(kinds).toEqual(['building', 'duplicate']);
  });

  test('whose step is repeated finds its own build', async () => {
    const { id } = await scene.receive();
    await Trigger.build(place.ports, id, place.project.id);

    const again = await Trigger.build(place.ports, id, place.project.id);

    expect(again).toEqual({ outcome: 'building' });
    expect(await scene.builds()).toHaveLength(1);
    expect((await scene.show(id)).builds).toHaveLength(1);
    expect(await Trigger.decide(place.ports, id)).toEqual({ projects: [] });
  });

  test('of a repository with several projects builds each', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const { id } = await scene.receive();

    await scene.trigger(id);

    expect([await scene.builds(), await scene.builds(other)].map(({ length }) => length)).toEqual([1, 1]);
    expect((await scene.show(id)).builds).toHaveLength(2);
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
    const { id } = await scene.receive({ ...PUSH, head_commit: { id: SHA, message } });

    const delivery = await scene.show(id);
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
    const { id } = await scene.receive({ ...PUSH, head_commit: { id: SHA, message } });

    expect((await scene.show(id)).decision.kind).toBe('received');
  });

  test('of a repository without a project is ignored, and says so', async () => {
    const { id } = await scene.receive({ ...PUSH, repository: { full_name: 'acme/unknown' } });

    await scene.trigger(id);

    expect((await scene.show(id)).decision).toMatchObject({
      kind: 'ignored',
      reason: expect.stringContaining('acme/unknown'),
    });
  });

  test('of something else than a push is kept and starts nothing', async () => {
    const { id, decision } = await scene.receive({ zen: 'x' }, 'ping');

    await scene.trigger(id);

    expect(decision.kind).toBe('ignored');
    expect(await scene.builds()).toEqual([]);
  });

  test('is seen by a token of a project that it built in, and by no other', async () => {
    const other = await Project.create(place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const stranger = await Project.create(place.ports, ADMIN, { slug: 'stranger' });
    const { id } = await scene.receive();
    await scene.trigger(id);

    const seen = await Delivery.get(place.ports, { ...ADMIN, project_id: other.id }, id);

    expect(seen.builds.map(({ project_id }) => project_id)).toEqual([other.id]);
    const hidden = Delivery.get(place.ports, { ...ADMIN, project_id: stranger.id }, id);
    expect(await refusal(hidden)).toBe('not_found');
  });
});
