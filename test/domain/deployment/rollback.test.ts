import { beforeEach, describe, expect, test } from 'vitest';
import { apply, shift, verify } from '../../../lib/domain/deployment/steps.ts';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { yank } from '../../../lib/domain/release/yank.ts';
import { ADMIN, refusal } from '../world.ts';
import { ANNA, type Ruled, ruled } from './ruled.ts';

const ALIAS = 'staithe-test';

let scene: Ruled;
beforeEach(async () => {
  scene = await ruled();
});
const served = () => scene.ports.functions.served('hello', ALIAS);

describe('a rollback', () => {
  test('restores code and configuration of the last good deployment, without a new version', async () => {
    const one = await scene.release('one');
    const two = await scene.release('two');
    await scene.test({ variables: { GREETING: 'Ahoy' } });
    const first = await scene.through('test', one.id);
    await scene.test({ variables: { GREETING: 'Hello' }, health_path: '/health' });
    await scene.through('test', two.id);
    const versions = scene.ports.functions.find('hello')?.versions.length;

    const { id } = await scene.rollBack('test');
    await scene.run(id);

    expect(await scene.show(id)).toMatchObject({
      status: 'succeeded',
      restores: first.id,
      release_id: one.id,
      variables: { GREETING: 'Ahoy' },
      health_path: '/',
      target_version: first.target_version,
    });
    expect(served()).toBe(one.artifacts[0]?.digest);
    expect(scene.ports.functions.find('hello')?.versions).toHaveLength(versions ?? -1);
    expect(await scene.read('test')).toMatchObject({
      current_release_id: one.id,
      variables: { GREETING: 'Ahoy' },
      hold: { reason: `Rolled back to ${first.id}.` },
    });
  });

  test('of a rollback goes further back, and one to a named deployment goes there', async () => {
    const releases = [await scene.release('one'), await scene.release('two'), await scene.release('three')];
    const ids = [];
    for (const { id } of releases) ids.push((await scene.through('test', id)).id);
    const targets = [];

    for (const to of [undefined, undefined, ids[2]]) {
      const { id, restores } = await scene.rollBack('test', to);
      await scene.run(id);
      targets.push(restores);
    }

    expect(targets).toEqual([ids[1], ids[0], ids[2]]);
    expect(served()).toBe(releases[2]?.artifacts[0]?.digest);
  });

  test('publishes the code once more when its version is gone', async () => {
    const one = await scene.release('one');
    await scene.through('test', one.id);
    await scene.through('test', (await scene.release('two')).id);
    scene.ports.functions.forgetVersions('hello');

    const { id } = await scene.rollBack('test');
    await scene.run(id);

    expect(await scene.status(id)).toBe('succeeded');
    expect(served()).toBe(one.artifacts[0]?.digest);
  });

  test('passes approvals, freezes and a stopped line, and goes before what waits', async () => {
    const one = await scene.release('one');
    await scene.through('test', one.id);
    await scene.through('test', (await scene.release('two')).id);
    await scene.test({
      approvals: { required: 2 },
      freeze: [{ from: '2020-01-01', to: '2099-01-01' }],
      concurrency: 'queue',
    });
    await scene.deployTo('test', one.id);

    const back = await scene.rollBack('test');

    expect(back.status).toBe('pending');
  });

  test('waits for a deployment in progress, and is the next one', async () => {
    const one = await scene.through('test', (await scene.release('one')).id);
    const two = await scene.release('two');
    await scene.through('test', two.id);
    await scene.test({ concurrency: 'queue' });
    const active = await scene.deployTo('test', two.id);
    const waiting = await scene.deployTo('test', two.id);

    const unnamed = await refusal(scene.rollBack('test'));
    const back = await scene.rollBack('test', one.id);
    await scene.run(active.id);

    expect(unnamed).toBe('deployment_in_progress');
    expect(back.status).toBe('waiting');
    expect(await scene.read('test')).toMatchObject({
      active_deployment_id: back.id,
      waiting_deployment_ids: [waiting.id],
    });
  });

  test('goes to what served before, also where that was asked for later', async () => {
    const [one, two, three] = [
      await scene.release('one'),
      await scene.release('two'),
      await scene.release('three'),
    ];
    await scene.through('test', one.id);
    await scene.test({ approvals: { required: 1 }, concurrency: 'queue' });
    const early = await scene.deployTo('test', two.id);
    await scene.test({ concurrency: 'queue' });
    const late = await scene.through('test', three.id);
    await scene.test({ approvals: { required: 1 }, concurrency: 'queue' });
    if ((await scene.status(early.id)) === 'awaiting_approval') await scene.approve(early.id, ANNA);
    await scene.run(early.id);

    const back = await scene.rollBack('test');

    expect(back.restores).toBe(late.id);
  });

  test('passes over a yanked release', async () => {
    const releases = [await scene.release('one'), await scene.release('two'), await scene.release('three')];
    const ids = [];
    for (const { id } of releases) ids.push((await scene.through('test', id)).id);
    await yank(scene.ports, ANNA, releases[1]?.id ?? '', { reason: 'bad' });

    const back = await scene.rollBack('test');

    expect(back.restores).toBe(ids[0]);
    expect(await refusal(scene.rollBack('test', ids[1]))).toBe('release_yanked');
  });

  test('keeps a change of the configuration that was made meanwhile', async () => {
    await scene.test({ variables: { MARK: 'old' } });
    await scene.through('test', (await scene.release('one')).id);
    await scene.test({ variables: { MARK: 'new' } });
    await scene.through('test', (await scene.release('two')).id);
    const { id } = await scene.rollBack('test');
    await scene.test({ variables: { MARK: 'newest' } });

    await scene.run(id);

    expect(await scene.read('test')).toMatchObject({
      variables: { MARK: 'newest' },
      current_deployment_id: id,
    });
  });

  test('is refused where there is nothing to go back to', async () => {
    const none = await refusal(scene.rollBack('test'));
    const { id } = await scene.through('test', (await scene.release('one')).id);
    const same = await refusal(scene.rollBack('test'));
    await scene.production();
    const elsewhere = await refusal(scene.rollBack('production', id));

    expect([none, same, elsewhere]).toEqual(['nothing_to_restore', 'nothing_to_restore', 'not_found']);
  });

  test('that does not answer goes back to what served before it', async () => {
    await scene.through('test', (await scene.release('one')).id);
    const two = await scene.release('two');
    await scene.through('test', two.id);
    const { id } = await scene.rollBack('test');
    scene.ports.probe.answer = { status: 500 };

    await scene.run(id);

    expect(await scene.status(id)).toBe('rolled_back');
    expect(served()).toBe(two.artifacts[0]?.digest);
    expect(await scene.read('test')).toMatchObject({ current_release_id: two.id });
  });
});

describe('cancelling', () => {
  test('what waits ends it at once', async () => {
    await scene.production({ approvals: { required: 1 } });
    const { id } = await scene.deployTo('production', (await scene.release('one')).id);

    const cancelled = await scene.cancel(id, 'a mistake');

    expect(cancelled).toMatchObject({ status: 'cancelled', error: { message: 'Cancelled: a mistake' } });
    expect((await scene.read('production')).waiting_deployment_ids).toEqual([]);
    expect((await scene.cancel(id)).status).toBe('cancelled');
  });

  test('what is in progress takes it back at its next step', async () => {
    const one = await scene.release('one');
    await scene.through('test', one.id);
    const { id } = await scene.deployTo('test', (await scene.release('two')).id);
    await apply(scene.ports, id);
    await shift(scene.ports, id);

    const marked = await scene.cancel(id);
    await scene.run(id);

    expect(marked).toMatchObject({ status: 'verifying', cancelled_by: ADMIN.token_id });
    expect(await scene.show(id)).toMatchObject({ status: 'cancelled' });
    expect(served()).toBe(one.artifacts[0]?.digest);
    expect((await scene.read('test')).hold).toBeUndefined();
  });

  test('what is about to succeed takes it back too', async () => {
    const one = await scene.release('one');
    await scene.through('test', one.id);
    const { id } = await scene.deployTo('test', (await scene.release('two')).id);
    for (const step of [apply, shift]) await step(scene.ports, id);

    await scene.cancel(id);
    const late = await refusal(verify(scene.ports, id)).catch((error: unknown) => error);
    await scene.run(id);

    expect(late).toBeInstanceOf(TargetError);
    expect(await scene.status(id)).toBe('cancelled');
    expect(served()).toBe(one.artifacts[0]?.digest);
  });

  test('what has ended is refused', async () => {
    const { id } = await scene.through('test', (await scene.release('one')).id);

    expect(await refusal(scene.cancel(id))).toBe('wrong_state');
  });
});
