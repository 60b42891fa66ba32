import { beforeEach, describe, expect, test } from 'vitest';
import { beginAll } from '../../../lib/domain/deployment/begin-next.ts';
import { end } from '../../../lib/domain/deployment/end.ts';
import { resume, stop } from '../../../lib/domain/project/line.ts';
import { yank } from '../../../lib/domain/release/yank.ts';
import { refusal } from '../world.ts';
import { ANNA, type Ruled, ruled } from './ruled.ts';

const MINUTE = 60_000;

let scene: Ruled;
let release: string;
beforeEach(async () => {
  scene = await ruled();
  release = (await scene.release('one')).id;
});

describe('while another deployment is in progress', () => {
  test('an environment that queues keeps what comes, in order, and begins each when it is its turn', async () => {
    await scene.production({ concurrency: 'queue' });
    const first = await scene.deployTo('production', release);
    const second = await scene.deployTo('production', release);
    const third = await scene.deployTo('production', release);
    const before = await scene.read('production');

    await scene.run(first.id);
    const during = await scene.read('production');
    await scene.run(second.id);
    await scene.run(third.id);

    expect([second.status, third.status]).toEqual(['waiting', 'waiting']);
    expect(second.waits_for).toMatchObject([{ rule: 'queue', message: expect.stringContaining(first.id) }]);
    expect(before).toMatchObject({
      active_deployment_id: first.id,
      waiting_deployment_ids: [second.id, third.id],
    });
    expect(during).toMatchObject({
      active_deployment_id: second.id,
      waiting_deployment_ids: [third.id],
    });
    expect(await scene.read('production')).toMatchObject({
      current_deployment_id: third.id,
      waiting_deployment_ids: [],
    });
  });

  test('the newest takes the place of those that wait, where the environment says so', async () => {
    await scene.production({ concurrency: 'supersede' });
    const first = await scene.deployTo('production', release);
    const second = await scene.deployTo('production', release);

    const third = await scene.deployTo('production', release);
    await scene.run(first.id);

    expect(await scene.status(first.id)).toBe('succeeded');
    expect(await scene.show(second.id)).toMatchObject({
      status: 'superseded',
      timeline: expect.arrayContaining([
        expect.objectContaining({ message: `Deployment ${third.id} took its place.` }),
      ]),
    });
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: third.id });
  });

  test('no more than twenty wait', async () => {
    await scene.production({ concurrency: 'queue' });
    for (let n = 0; n <= 20; n++) await scene.deployTo('production', release);

    expect(await refusal(scene.deployTo('production', release))).toBe('too_many_waiting');
  });

  test('what was recorded and not started is started by the sweep', async () => {
    await scene.production({ concurrency: 'queue' });
    const first = await scene.deployTo('production', release);
    const second = await scene.deployTo('production', release);
    // The end of the first one, whose event is lost.
    await end(scene.ports, first.id, { status: 'failed' });

    const { late } = await scene.sweep();

    expect(late).toEqual([second.id]);
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: second.id });
  });
});

describe('an environment that comes after another', () => {
  test('refuses a release that has not succeeded there, and takes it once it has', async () => {
    await scene.production({ after: ['test'] });

    const early = await refusal(scene.deployTo('production', release));
    await scene.through('test', release);

    expect(early).toBe('not_eligible');
    expect((await scene.deployTo('production', release)).status).toBe('pending');
  });

  test('lets it serve there for its time, and begins by itself', async () => {
    await scene.production({ after: ['test'], soak_seconds: 1800 });
    await scene.through('test', release);
    const { id } = await scene.deployTo('production', release);

    scene.ports.clock.advance(29 * MINUTE);
    await scene.sweep();
    const early = await scene.rules(id);
    scene.ports.clock.advance(1 * MINUTE);
    await scene.sweep();

    expect(early).toEqual(['soak']);
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test.each(['nowhere', 'production'])('cannot be one after %s', async (name) => {
    expect(await refusal(scene.production({ after: [name] }))).toBe('environment_unknown');
  });
});

describe('a frozen environment', () => {
  // The simulated clock stands at a Saturday.
  const weekend = { every_week: true, from: 'fri 16:00', to: 'mon 08:00', zone: 'Europe/Berlin' };

  test('keeps what comes until the freeze is over', async () => {
    await scene.production({ freeze: [{ ...weekend, reason: 'Nobody is there.' }] });
    const waiting = await scene.deployTo('production', release);
    const until = waiting.waits_for[0]?.until ?? '';

    scene.ports.clock.advance(Date.parse(until) - scene.ports.clock.now().getTime() - 1000);
    await scene.sweep();
    const early = await scene.rules(waiting.id);
    scene.ports.clock.advance(1000);
    await scene.sweep();

    expect(waiting.waits_for).toMatchObject([
      { rule: 'freeze', message: expect.stringContaining('(Nobody is there.)') },
    ]);
    expect(until).toMatch(/T07:00:00/);
    expect(early).toEqual(['freeze']);
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: waiting.id });
  });

  test('lets through what has a reason, and keeps the reason', async () => {
    await scene.production({ freeze: [weekend] });

    const forced = await scene.deployTo('production', release, { override_freeze: 'The shop is down.' });

    expect(forced).toMatchObject({ status: 'pending', override_freeze: 'The shop is down.' });
  });
});

describe('a stopped project', () => {
  test('begins nothing, and goes on when it is resumed', async () => {
    await scene.production();
    await stop(scene.ports, ANNA, scene.project, 'Orders are lost.');
    const { id, waits_for } = await scene.deployTo('production', release);
    await scene.sweep();
    const during = await scene.status(id);

    await resume(scene.ports, scene.project);
    await beginAll(scene.ports, scene.project);

    expect(waits_for).toMatchObject([
      { rule: 'stopped', message: "Promotions of project 'hello' are stopped: Orders are lost." },
    ]);
    expect(during).toBe('waiting');
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });
});

describe('a yanked release', () => {
  test('is deployed no more, also when it waits', async () => {
    await scene.production({ approvals: { required: 1 } });
    const { id } = await scene.deployTo('production', release);

    await yank(scene.ports, ANNA, release, { reason: 'Loses orders.' });
    await scene.sweep();

    expect(await scene.show(id)).toMatchObject({
      status: 'rejected',
      error: { message: expect.stringContaining('Loses orders.') },
    });
    expect(await refusal(scene.deployTo('production', release))).toBe('release_yanked');
  });
});
