import { beforeEach, describe, expect, it } from 'vitest';
import { SUBSCRIBABLE } from '../../lib/contract/events/subscribable.ts';
import * as Deletion from '../../lib/domain/deletion/index.ts';
import { announce } from '../../lib/domain/notification/announce.ts';
import { attempt } from '../../lib/domain/notification/attempt.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Subscription from '../../lib/domain/subscription/index.ts';
import { eventIn, happen, notificationsOf, sendPending, subscribe } from './subscribing.ts';
import { ADMIN, refusal, STRANGER, type World, world } from './world.ts';

const PAGE = { limit: 100 };

let place: World;
beforeEach(async () => {
  place = await world();
});

describe('creating a subscription', () => {
  it('shows the secret of a webhook once, and keeps it out of the table', async () => {
    const { secret, ...made } = await subscribe(place);

    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await Subscription.get(place.ports, ADMIN, made.id)).toMatchObject({
      project_id: place.project.id,
      status: 'active',
      target: { kind: 'webhook', url: 'https://example.com/hook' },
    });
    expect(JSON.stringify(place.ports.table.all())).not.toContain(secret);
  });

  it('keeps the URL of a chat out of the table too, as whoever has it can post', async () => {
    const url = 'https://hooks.slack.com/services/T00/B00/secret';
    const made = await subscribe(place, { target: { kind: 'slack', url } });

    expect(made).toMatchObject({ target: { kind: 'slack', host: 'hooks.slack.com' } });
    expect(made.secret).toBeUndefined();
    expect(JSON.stringify(place.ports.table.all())).not.toContain('services');
  });

  it.each([
    [['Run Faild'], 'events.0 matches no event. Did you mean Run Failed?'],
    [['Run Failed', 'Nonsense of all kinds'], 'events.1 matches no event. Use a name'],
    [['Notification Pending'], 'events.0 matches no event.'],
    [['Delivery *'], 'events.0 belongs to no project'],
  ])('refuses events that it could never get: %s', async (events, message) => {
    await expect(subscribe(place, { events })).rejects.toMatchObject({
      code: 'validation_failed',
      message: expect.stringContaining(message),
    });
    expect(place.ports.subscriptionSecrets.ids()).toEqual([]);
  });

  it('refuses a URL of a private network, and e-mail where the installation sends none', async () => {
    const url = 'https://169.254.169.254/';
    const email = { kind: 'email', addresses: ['team@example.com'] };
    const silent = await world({ notificationSettings: { loopback: false, mailSender: undefined } });

    expect(await refusal(subscribe(place, { target: { kind: 'webhook', url } }))).toBe('validation_failed');
    expect(await refusal(subscribe(silent, { target: email }))).toBe('mail_disabled');
  });
});

describe('who sees a subscription', () => {
  it('a token of another project neither finds nor changes it, and one of the installation is for unbound tokens', async () => {
    const { ports } = place;
    const own = await subscribe(place);
    const everywhere = await subscribe(place, { project: undefined, events: ['*'] });
    const bound = { ...ADMIN, project_id: place.project.id };

    expect(await refusal(Subscription.get(ports, STRANGER, own.id))).toBe('not_found');
    expect(await refusal(Subscription.remove(ports, STRANGER, own.id))).toBe('not_found');
    expect(await refusal(Subscription.get(ports, bound, everywhere.id))).toBe('not_found');
    const listed = async (actor: typeof ADMIN) =>
      (await Subscription.list(ports, actor, PAGE)).items.map(({ id }) => id);
    expect(await listed(bound)).toEqual([own.id]);
    expect(new Set(await listed(ADMIN))).toEqual(new Set([own.id, everywhere.id]));
  });

  it('a token that is bound to a project subscribes to that project, without naming it', async () => {
    const bound = { ...ADMIN, project_id: place.project.id };
    const input = {
      name: 'x',
      events: ['*'],
      target: { kind: 'webhook', url: 'https://example.com' },
    } as const;
    const made = await Subscription.create(place.ports, bound, { ...input, events: ['*'] }, SUBSCRIBABLE);

    expect(made.project_id).toBe(place.project.id);
  });
});

describe('which events are announced', () => {
  it('those that it asks for, of its project; to one of the installation those of all projects', async () => {
    const own = await subscribe(place, { events: ['Run Failed', 'Deployment *'] });
    const everywhere = await subscribe(place, { project: undefined, events: ['Run *', 'Delivery Failed'] });
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    await announce(place.ports, [
      eventIn(place, 'Run Failed'),
      eventIn(place, 'Run Completed', { revision: 4 }),
      eventIn(place, 'Deployment Rolled Back'),
      eventIn(place, 'Run Failed', { project_id: other.id, revision: 5 }),
      eventIn(place, 'Delivery Failed', { project_id: undefined }),
    ]);

    const names = async (id: string) => (await notificationsOf(place, id)).map(({ event }) => event).sort();
    expect(await names(own.id)).toEqual(['Deployment Rolled Back', 'Run Failed']);
    expect(await names(everywhere.id)).toEqual([
      'Delivery Failed',
      'Run Completed',
      'Run Failed',
      'Run Failed',
    ]);
  });

  it('each once, however often the relay gets it', async () => {
    const { id } = await subscribe(place);
    const event = eventIn(place, 'Run Failed');
    const first = await announce(place.ports, [event]);
    place.ports.clock.advance(5000);
    const second = await announce(place.ports, [event]);

    expect([first, second]).toEqual([1, 0]);
    expect(await notificationsOf(place, id)).toHaveLength(1);
  });

  it('none to a disabled or deleted one; and what waits for a deleted one is not sent', async () => {
    const { ports } = place;
    const [disabled, deleted] = [await subscribe(place), await subscribe(place)];
    await announce(ports, [eventIn(place, 'Run Failed')]);
    const [waiting] = await notificationsOf(place, deleted.id);
    await Subscription.disable(ports, ADMIN, disabled.id);
    await Subscription.remove(ports, ADMIN, deleted.id);
    await attempt(ports, waiting?.id ?? '');
    await sendPending(place, [disabled]);

    expect(await announce(ports, [eventIn(place, 'Run Failed', { revision: 9 })])).toBe(0);
    expect(ports.notifier.posts).toEqual([]);
    expect(ports.subscriptionSecrets.ids()).toEqual([disabled.id]);
    expect(await notificationsOf(place, disabled.id)).toMatchObject([
      { status: 'failed', error: 'The subscription was disabled.' },
    ]);
  });

  it('nothing when an item cannot be read: one bad subscription holds up no event', async () => {
    const { id } = await subscribe(place);
    const [item] = place.ports.table.all().filter(({ entity }) => entity === 'subscription');
    if (item !== undefined)
      await place.ports.table.write({ put: { ...item, target: { kind: 'pigeon' } }, when: { any: true } });

    expect(id).toBeDefined();
    expect(await announce(place.ports, [eventIn(place, 'Run Failed')])).toBe(0);
  });
});

it('goes with its project, and so does all that was sent for it, also when it was deleted before', async () => {
  const { ports, project } = place;
  const [kept, gone] = [await subscribe(place), await subscribe(place)];
  await happen(place, [eventIn(place, 'Run Failed')], [kept, gone]);
  await Subscription.remove(ports, ADMIN, gone.id);
  await Project.remove(ports, ADMIN, project.id, { force: true });
  await Deletion.sweep(ports);

  expect(ports.subscriptionSecrets.ids()).toEqual([]);
  expect(ports.table.all().filter(({ entity }) => /subscription|notification/.test(entity))).toEqual([]);
});

it('leaves no notification that was made while its project was being deleted', async () => {
  const { ports } = place;
  await subscribe(place);
  await announce(ports, [eventIn(place, 'Run Failed')]);
  const late = ports.table.all().filter(({ entity }) => entity === 'notification');
  await Project.remove(ports, ADMIN, place.project.id, { force: true });
  await Deletion.sweep(ports);
  for (const put of late) await ports.table.write({ put, when: { any: true } });
  for (const { id } of late) await attempt(ports, String(id));

  expect(late).toHaveLength(1);
  expect(ports.table.all().filter(({ entity }) => entity === 'notification')).toEqual([]);
  expect(ports.notifier.posts).toEqual([]);
});
