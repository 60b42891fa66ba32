import { beforeEach, describe, expect, test } from 'vitest';
import { advance, load } from '../../../lib/domain/deployment/advance.ts';
import { rollBack } from '../../../lib/domain/deployment/roll-back.ts';
import { apply, shift, verify } from '../../../lib/domain/deployment/steps.ts';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { TARGET } from '../deploying.ts';
import { refusal } from '../world.ts';
import { type Ruled, ruled } from './ruled.ts';

const ALIAS = 'staithe-test';
const STEPS = [
  { percent: 10, bake_seconds: 300 },
  { percent: 50, bake_seconds: 600 },
];

let scene: Ruled;
beforeEach(async () => {
  scene = await ruled();
});
const functions = () => scene.ports.functions;
const served = () => functions().served('hello', ALIAS);
const shares = () => functions().moves.map(({ percent }) => percent);
const canary = (target: object = { steps: STEPS }, more: object = {}) =>
  scene.test({ target: { ...TARGET, ...target }, ...more });

async function replaced(more: object = {}) {
  const one = await scene.release('one');
  await canary();
  await scene.through('test', one.id);
  const before = shares().length;
  const two = await scene.release('two');
  return { one, two, before, ...more };
}

describe('a new version', () => {
  test('gets growing shares, each after the time of the one before', async () => {
    const { two, before } = await replaced();
    const began = scene.ports.clock.now().getTime();

    const deployment = await scene.through('test', two.id);

    expect(deployment.status).toBe('succeeded');
    expect(shares().slice(before)).toEqual([10, 50, 100]);
    expect(
      functions()
        .moves.slice(before)
        .map(({ previous }) => previous),
    ).toEqual(['1', '1', '1']);
    const took = scene.ports.clock.now().getTime() - began;
    expect(took).toBeGreaterThanOrEqual(900_000);
    expect(took).toBeLessThan(960_000);
    expect(deployment.timeline.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        '10 % of the traffic on the new version',
        '50 % of the traffic on the new version',
        'all traffic on the new version',
      ]),
    );
  });

  test('that is the first, or the same as before, gets all traffic at once', async () => {
    await canary();
    const one = await scene.release('one');

    await scene.through('test', one.id);
    await scene.through('test', one.id);

    expect(shares()).toEqual([100, 100]);
  });

  test.each([10, 50, 100])(
    'that is not well at %d % is taken back, and the share is named',
    async (share) => {
      await canary({ steps: [...STEPS, { percent: 100, bake_seconds: 60 }] });
      const one = await scene.release('one');
      await scene.through('test', one.id);
      const two = await scene.release('two');
      functions().faults = (percent) => (percent === share ? 'The basket is gone.' : undefined);

      const deployment = await scene.through('test', two.id);

      expect(deployment).toMatchObject({
        status: 'rolled_back',
        error: { message: `With ${share} % of the traffic: The basket is gone.` },
      });
      expect(deployment.checks.at(-1)).toMatchObject({ kind: 'watch', percent: share, ok: false });
      expect(served()).toBe(one.artifacts[0]?.digest);
      expect(functions().moves.at(-1)).toMatchObject({ version: '1', percent: 100 });
      expect((await scene.read('test')).hold?.by).toBe(deployment.id);
    },
  );

  test('that is not healthy without traffic gets none, and is no reason for a hold', async () => {
    const { one, two, before } = await replaced();
    functions().answer = { status: 500 };

    const deployment = await scene.through('test', two.id);

    expect(deployment).toMatchObject({ status: 'failed', checks: [{ percent: 0, ok: false, status: 500 }] });
    expect(deployment.error?.hint).toContain('Version 1 serves as before.');
    expect(shares()).toHaveLength(before);
    expect(served()).toBe(one.artifacts[0]?.digest);
    expect((await scene.read('test')).hold).toBeUndefined();
  });

  test.each([
    [{ health_body: 'well' }, { status: 200, body: 'ill' }, /answered without 'well'/],
    [
      { health_headers: { 'x-app': 'shop' } },
      { status: 200 },
      /answered with x-app missing; 'shop' was expected/,
    ],
    [
      { health_max_ms: 100 },
      { status: 200, milliseconds: 101 },
      /answered after 101 ms; 100 ms were allowed/,
    ],
    [{ health_status: [204] }, { status: 200 }, /answered 200; 204 was expected/],
  ])('is healthy only as its environment says: %j', async (health, answer, said) => {
    await scene.test(health);
    functions().answer = answer;

    const deployment = await scene.through('test', (await scene.release('one')).id);

    expect(deployment.error?.message).toMatch(said);
  });
});

describe('a rollback', () => {
  test('gets all traffic at once, unwatched, though the alarm that it is to end is on', async () => {
    await canary({ steps: STEPS });
    const first = await scene.through('test', (await scene.release('one')).id);
    await scene.through('test', (await scene.release('two')).id);
    functions().faults = () => 'The alarm is still on.';
    const before = shares().length;

    const { id } = await scene.rollBack('test');
    await scene.run(id);

    expect(await scene.show(id)).toMatchObject({ status: 'succeeded', restores: first.id });
    expect(shares().slice(before)).toEqual([100]);
  });
});

test('what speaks against a version before it has traffic keeps it from any', async () => {
  const { one, two, before } = await replaced();
  functions().faults = (percent) => (percent === 0 ? 'The alarm is on.' : undefined);

  const deployment = await scene.through('test', two.id);

  expect(deployment).toMatchObject({
    status: 'failed',
    checks: [{ percent: 0 }, { kind: 'watch', percent: 0 }],
  });
  expect(deployment.error?.message).toContain('Before it has traffic: The alarm is on.');
  expect(shares()).toHaveLength(before);
  expect(served()).toBe(one.artifacts[0]?.digest);
});

test('what a version says of itself is masked in its checks', async () => {
  await scene.test({ variables: { API_TOKEN: 'tok-7c1d9f02b3aa' } });
  functions().answer = { failure: 'the function failed (Error: no access with tok-7c1d9f02b3aa)' };

  const deployment = await scene.through('test', (await scene.release('one')).id);

  expect(JSON.stringify([deployment.checks, deployment.error])).not.toContain('tok-7c1d9f02b3aa');
  expect(deployment.error?.message).toContain('the function failed');
});

describe('steps of traffic that are repeated or late', () => {
  test('a repeat moves no further, and one whose answer was lost is found', async () => {
    const { two, before } = await replaced();
    const { id } = await scene.deployTo('test', two.id);
    await apply(scene.ports, id);
    await apply(scene.ports, id);

    const waits = [await shift(scene.ports, id), await shift(scene.ports, id)];

    expect(waits.map(({ wait_seconds: seconds }) => seconds)).toEqual([5, 5]);
    expect(shares().slice(before)).toEqual([10]);
  });

  test('a move that was about to be made is made by the repeat', async () => {
    const { two, before } = await replaced();
    const { id } = await scene.deployTo('test', two.id);
    await apply(scene.ports, id);
    functions().failures.shift = new Error('the network is gone');
    await expect(shift(scene.ports, id)).rejects.toThrow('the network is gone');
    delete functions().failures.shift;

    await shift(scene.ports, id);

    expect(shares().slice(before)).toEqual([10]);
  });

  test('one that comes after the end sends no traffic anywhere', async () => {
    const { one, two } = await replaced();
    const { id } = await scene.deployTo('test', two.id);
    await apply(scene.ports, id);
    await rollBack(scene.ports, id, 'it died');
    const moves = shares().length;

    await expect(shift(scene.ports, id)).rejects.toThrow(TargetError);

    expect(shares()).toHaveLength(moves);
    expect(served()).toBe(one.artifacts[0]?.digest);
  });

  test('a version that has only a share does not succeed', async () => {
    const { two } = await replaced();
    const { id } = await scene.deployTo('test', two.id);
    await apply(scene.ports, id);
    await shift(scene.ports, id);

    await expect(verify(scene.ports, id)).rejects.toThrow(/not all traffic is on the new version yet/);
  });

  test('the pause is no longer than a minute, whatever the time of a step', async () => {
    await canary({ steps: [{ percent: 10, bake_seconds: 86_400 }] });
    await scene.through('test', (await scene.release('one')).id);
    const { id } = await scene.deployTo('test', (await scene.release('two')).id);
    await apply(scene.ports, id);

    expect(await shift(scene.ports, id)).toEqual({ wait_seconds: 60 });
  });

  test('a deployment that bakes for a day is not overdue before', async () => {
    await canary({ steps: [{ percent: 10, bake_seconds: 86_400 }] });
    await scene.through('test', (await scene.release('one')).id);
    const { id } = await scene.deployTo('test', (await scene.release('two')).id);
    await apply(scene.ports, id);
    await advance(scene.ports, await load(scene.ports, id), 'verifying', { stage: 'baking' });

    scene.ports.clock.advance(86_400_000);
    const other = await refusal(scene.deployTo('test', (await scene.release('three')).id));
    scene.ports.clock.advance(3_600_000);
    const late = await scene.deployTo('test', (await scene.release('four')).id);

    expect(other).toBe('deployment_in_progress');
    expect(late.status).toBe('pending');
    expect(await scene.status(id)).toBe('failed');
  });
});
