import { createHmac } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { WEBHOOK_SECRET } from '../memory/index.ts';
import { ADMIN, type World, world } from './world.ts';

const HOUR = 3_600_000;
const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';
const BODY = JSON.stringify({
  ref: 'refs/heads/main',
  after: SHA,
  head_commit: { id: SHA },
  repository: { full_name: 'acme/hello' },
});

let place: World;
beforeEach(async () => {
  place = await world();
});
const receive = () =>
  Delivery.receive(place.ports, {
    event: 'push',
    guid: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    signature: `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(BODY).digest('hex')}`,
    body: Buffer.from(BODY),
  });
const trigger = (id: string) => Trigger.build(place.ports, id, place.project.id);
const builds = async () => (await Build.list(place.ports, [place.project], { limit: 10 })).items;
/** The commit is claimed, and the step dies before there is a build: the git host does not know the commit yet. */
async function diedAfterTheClaim(): Promise<string> {
  const { id } = await receive();
  await trigger(id).catch(() => undefined);
  place.ports.gitHost.commit('acme/hello', SHA, Buffer.from('a tar.gz'));
  return id;
}

test('a commit whose delivery died without a word can be built by another delivery once its workflow is surely gone', async () => {
  await diedAfterTheClaim();

  const early = await trigger((await receive()).id);
  place.ports.clock.advance(HOUR);
  const late = await trigger((await receive()).id);

  expect([early.outcome, late.outcome]).toEqual(['duplicate', 'building']);
  expect(await builds()).toHaveLength(1);
});

test('a commit that was built is not built again, however late the next delivery comes', async () => {
  place.ports.gitHost.commit('acme/hello', SHA, Buffer.from('a tar.gz'));
  await trigger((await receive()).id);
  place.ports.clock.advance(24 * HOUR);

  expect((await trigger((await receive()).id)).outcome).toBe('duplicate');
  expect(await builds()).toHaveLength(1);
});

test('a delivery whose workflow died says so, and a decision that was made stays', async () => {
  const dead = await diedAfterTheClaim();
  place.ports.clock.advance(HOUR);
  const { id: built } = await receive();
  await trigger(built);

  for (const id of [dead, built]) await Trigger.abandon(place.ports, id, 'The workflow ended as TIMED_OUT.');

  const decisionOf = async (id: string) => (await Delivery.get(place.ports, ADMIN, id)).decision;
  expect(await decisionOf(dead)).toMatchObject({
    kind: 'failed',
    reason: 'The workflow ended as TIMED_OUT.',
  });
  expect((await decisionOf(built)).kind).toBe('building');
});
