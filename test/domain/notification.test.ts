import { beforeEach, describe, expect, it } from 'vitest';
import { announce } from '../../lib/domain/notification/announce.ts';
import { attempt } from '../../lib/domain/notification/attempt.ts';
import * as Notification from '../../lib/domain/notification/index.ts';
import { notifications } from '../../lib/domain/notification/record.ts';
import type { PostAnswer } from '../../lib/domain/ports/notifier.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import * as Subscription from '../../lib/domain/subscription/index.ts';
import { sweepNotifications } from '../../lib/domain/sweep/notifications.ts';
import { eventIn, HOOK, happen, notificationsOf, sendPending, subscribe } from './subscribing.ts';
import { ADMIN, refusal, type World, world } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let place: World;
beforeEach(async () => {
  place = await world();
});

/** A subscription with one event, and the first attempt at it. */
async function sent(answer: PostAnswer, input = {}) {
  const subscription = await subscribe(place, input);
  place.ports.notifier.answer = answer;
  await happen(place, [eventIn(place, 'Run Failed')], [subscription]);
  return subscription;
}

/** Minutes pass, each with its sweep, until the time is over. */
async function pass(milliseconds: number, subscription: { id: string }): Promise<void> {
  for (let minute = 0; minute < milliseconds / MINUTE; minute++) {
    place.ports.clock.advance(MINUTE);
    await sweepNotifications(place.ports);
    await sendPending(place, [subscription]);
  }
}

const only = async ({ id }: { id: string }) => {
  const [notification] = await notificationsOf(place, id);
  if (notification === undefined) throw new Error('There is no notification.');
  return notification;
};
const statusOf = async ({ id }: { id: string }) => (await Subscription.get(place.ports, ADMIN, id)).status;

describe('a notification', () => {
  it('is the event as it is published, with an id that stays the same at every attempt', async () => {
    const subscription = await sent({ status: 500 });
    place.ports.notifier.answer = { status: 200 };
    await pass(2 * MINUTE, subscription);

    const [first, second] = place.ports.notifier.posts;
    expect(JSON.parse(first?.body ?? '')).toEqual({
      type: 'Run Failed',
      timestamp: '2026-11-21T09:30:00.000Z',
      data: eventIn(place, 'Run Failed').detail,
    });
    expect(second?.body).toBe(first?.body);
    expect(second?.signature?.id).toBe(first?.signature?.id);
    expect(first).toMatchObject({ url: HOOK, loopback: false });
    expect(await only(subscription)).toMatchObject({
      status: 'delivered',
      attempts: 2,
      response_status: 200,
    });
  });

  it('is sent once when its event comes twice', async () => {
    const { id } = await subscribe(place);
    await announce(place.ports, [eventIn(place, 'Run Failed')]);
    const notification = await only({ id });
    await Promise.all([attempt(place.ports, notification.id), attempt(place.ports, notification.id)]);

    expect(place.ports.notifier.posts).toHaveLength(1);
  });

  it('is tried eight times within a day, then given up, and its subscription is disabled with the reason', async () => {
    const subscription = await sent({ failure: 'example.com gave no answer: ECONNREFUSED.' });
    await pass(23.9 * HOUR, subscription);
    const before = [place.ports.notifier.posts.length, await statusOf(subscription)];
    await pass(0.3 * HOUR, subscription);

    expect(before).toEqual([7, 'active']);
    expect(place.ports.notifier.posts).toHaveLength(8);
    expect(await only(subscription)).toMatchObject({ status: 'failed', attempts: 8 });
    expect(await Subscription.get(place.ports, ADMIN, subscription.id)).toMatchObject({
      status: 'disabled',
      disabled: { by: 'staithe', reason: expect.stringContaining('ECONNREFUSED') },
    });
    await pass(24 * HOUR, subscription);
    expect(place.ports.notifier.posts).toHaveLength(8);
  });

  it('that fails alone disables nothing: others were delivered meanwhile', async () => {
    const subscription = await sent({ status: 400 });
    await pass(23.9 * HOUR, subscription);
    place.ports.notifier.answer = { status: 200 };
    await happen(place, [eventIn(place, 'Run Failed', { revision: 4 })], [subscription]);
    place.ports.notifier.answer = { status: 400 };
    await pass(0.3 * HOUR, subscription);

    const found = await notificationsOf(place, subscription.id);
    expect(found.map(({ status }) => status).sort()).toEqual(['delivered', 'failed']);
    expect(await statusOf(subscription)).toBe('active');
  });

  it('that is answered with 410 ends at once, and so does its subscription', async () => {
    const subscription = await sent({ status: 410 });

    expect(await only(subscription)).toMatchObject({ status: 'failed', attempts: 1, response_status: 410 });
    expect(await statusOf(subscription)).toBe('disabled');
  });

  it.each([301, 302, 307, 404, 429, 500, 0])(
    'that is answered with %i waits for its next attempt',
    async (status) => {
      const subscription = await sent({ status });

      expect(await only(subscription)).toMatchObject({
        status: 'waiting',
        next_attempt_at: '2026-11-21T09:31:00.000Z',
        error: expect.stringContaining(String(status)),
      });
    },
  );

  it('waits for as long as the receiver asks, up to ten hours', async () => {
    const asked = await sent({ status: 503, retryAfterSeconds: 3600 });
    const forever = await sent({ status: 503, retryAfterSeconds: 1e9 });

    expect((await only(asked)).next_attempt_at).toBe('2026-11-21T10:30:00.000Z');
    expect((await only(forever)).next_attempt_at).toBe('2026-11-21T19:30:00.000Z');
  });
});

describe('a sender that dies', () => {
  it('loses nothing: the notification is sent again within minutes, and the attempt counts', async () => {
    const subscription = await subscribe(place);
    await announce(place.ports, [eventIn(place, 'Run Failed')]);
    const { id } = await only(subscription);
    const { notifier } = place.ports;
    const died = { ...place.ports, notifier: { post: () => Promise.reject(new Error('killed')) } };
    await attempt(died, id).catch(() => undefined);
    const during = await only(subscription);
    await pass(3 * MINUTE, subscription);

    expect(during).toMatchObject({ status: 'sending', attempts: 1 });
    expect(await only(subscription)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(notifier.posts).toHaveLength(1);
  });

  it('and an event that is lost: what nobody has taken is sent by the sweep', async () => {
    const subscription = await subscribe(place);
    await announce(place.ports, [eventIn(place, 'Run Failed')]);
    for (let minute = 0; minute < 7; minute++) {
      place.ports.clock.advance(MINUTE);
      await sweepNotifications(place.ports);
    }
    const stored = await notifications.get(
      place.ports.table,
      Keys.notification((await only(subscription)).id),
    );

    // The new status is the event that is published again.
    expect(stored).toMatchObject({ value: { status: 'pending' }, revision: 3 });
  });
});

describe('a replay', () => {
  it('sends a notification that has ended once more, from the beginning', async () => {
    const subscription = await sent({ status: 204 });
    const { id } = await only(subscription);
    const replayed = await Notification.replay(place.ports, ADMIN, subscription.id, id);
    await sendPending(place, [subscription]);

    expect(replayed).toMatchObject({ id, status: 'pending', attempts: 0 });
    expect(place.ports.notifier.posts.map(({ signature }) => signature?.id)).toEqual([id, id]);
    expect(await only(subscription)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('does not wait for the next attempt, and has all attempts of a new one', async () => {
    const subscription = await sent({ status: 500 });
    const { id } = await only(subscription);
    place.ports.notifier.answer = { status: 204 };
    await Notification.replay(place.ports, ADMIN, subscription.id, id);
    await sendPending(place, [subscription]);

    expect(await only(subscription)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('is refused for a disabled subscription, and for the notification of another', async () => {
    const subscription = await sent({ status: 204 });
    const { id } = await only(subscription);
    const other = await subscribe(place);

    expect(await refusal(Notification.replay(place.ports, ADMIN, other.id, id))).toBe('not_found');
    await Subscription.disable(place.ports, ADMIN, subscription.id);
    expect(await refusal(Notification.replay(place.ports, ADMIN, subscription.id, id))).toBe('wrong_state');
    await Subscription.enable(place.ports, ADMIN, subscription.id);
    expect(await Notification.replay(place.ports, ADMIN, subscription.id, id)).toMatchObject({ id });
  });
});

it('a test notification is sent like any other', async () => {
  const subscription = await subscribe(place);
  const made = await Notification.test(place.ports, ADMIN, subscription.id, 'Ping');
  await sendPending(place, [subscription]);

  expect(JSON.parse(place.ports.notifier.posts[0]?.body ?? '')).toMatchObject({
    type: 'Ping',
    data: { subscription_id: subscription.id, name: 'ours' },
  });
  expect(await only(subscription)).toMatchObject({ id: made.id, status: 'delivered' });
});
