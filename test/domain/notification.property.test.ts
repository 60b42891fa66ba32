/** Whatever comes in whatever order: each event is sent once or given up, and no notification leaves its lifecycle. */
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { announce } from '../../lib/domain/notification/announce.ts';
import { attempt } from '../../lib/domain/notification/attempt.ts';
import * as Notification from '../../lib/domain/notification/index.ts';
import type { PostAnswer } from '../../lib/domain/ports/notifier.ts';
import * as Subscription from '../../lib/domain/subscription/index.ts';
import { rotateSecret } from '../../lib/domain/subscription/rotation.ts';
import { sweepNotifications } from '../../lib/domain/sweep/notifications.ts';
import { expectLawfulPaths, type ObservedTable, observedTable, refusable } from './execution/observed.ts';
import { eventIn, subscribe } from './subscribing.ts';
import { ADMIN, type World, world } from './world.ts';

interface Story extends World {
  readonly table: ObservedTable;
  readonly subscription: string;
  readonly secrets: string[];
}
type Command = (story: Story) => Promise<unknown>;

const MINUTE = 60_000;
const notificationIds = ({ table }: Story): string[] =>
  table
    .all()
    .filter(({ entity }) => entity === 'notification')
    .map(({ id }) => String(id))
    .sort();

const onOne =
  (act: (story: Story, id: string) => Promise<unknown>) =>
  (at: number): Command =>
  async (story) => {
    const ids = notificationIds(story);
    const id = ids[at % Math.max(1, ids.length)];
    if (id !== undefined) await act(story, id);
  };
const dies = (story: Story, id: string) =>
  attempt({ ...story.ports, notifier: { post: () => Promise.reject(new Error('killed')) } }, id).catch(
    () => undefined,
  );

const ANSWERS: readonly PostAnswer[] = [
  { status: 204 },
  { status: 500 },
  { failure: 'no answer' },
  { status: 410 },
];
const command: fc.Arbitrary<Command> = fc.oneof(
  // Four events, so that some come twice.
  fc.nat({ max: 3 }).map(
    (revision): Command =>
      (story) =>
        announce(story.ports, [{ ...eventIn(story, 'Run Failed', { revision }), time: new Date(0) }]),
  ),
  fc.nat({ max: 3 }).map(onOne((story, id) => attempt(story.ports, id))),
  fc.nat({ max: 3 }).map(onOne(dies)),
  fc
    .nat({ max: 3 })
    .map(onOne((story, id) => Notification.replay(story.ports, ADMIN, story.subscription, id))),
  fc.constantFrom(...ANSWERS).map(
    (answer): Command =>
      async ({ ports }) => {
        ports.notifier.answer = answer;
      },
  ),
  fc.constantFrom(MINUTE, 10 * MINUTE, 600 * MINUTE).map(
    (time): Command =>
      async ({ ports }) => {
        ports.clock.advance(time);
        await sweepNotifications(ports);
      },
  ),
  fc.constant<Command>(async (story) => {
    const { secret = '' } = await rotateSecret(story.ports, ADMIN, story.subscription);
    story.secrets.push(secret);
  }),
  fc.constant<Command>(({ ports, subscription }) => Subscription.disable(ports, ADMIN, subscription)),
  fc.constant<Command>(({ ports, subscription }) => Subscription.enable(ports, ADMIN, subscription)),
  fc.constant<Command>(({ ports, subscription }) => Subscription.remove(ports, ADMIN, subscription)),
);

async function begin(): Promise<Story> {
  const table = observedTable();
  const place = await world({ table });
  const { id, secret = '' } = await subscribe(place);
  return { ...place, table, subscription: id, secrets: [secret] };
}

/** Receivers work from now on, and what is pending is sent. */
async function finish(story: Story): Promise<void> {
  story.ports.notifier.answer = { status: 204 };
  for (let round = 0; round < 6; round++) {
    for (const id of notificationIds(story)) await attempt(story.ports, id);
    story.ports.clock.advance(600 * MINUTE);
    await sweepNotifications(story.ports);
  }
}

function assess({ table, ports, secrets }: Story): void {
  expectLawfulPaths(table);
  const all = table.all().filter(({ entity }) => entity === 'notification');
  for (const { id, status } of all) expect(['delivered', 'failed'], String(id)).toContain(status);
  expect(all.length).toBeLessThanOrEqual(4);
  for (const { signature } of ports.notifier.posts) {
    expect(signature?.secrets.length).toBeGreaterThan(0);
    expect(secrets).toEqual(expect.arrayContaining([...(signature?.secrets ?? [])]));
  }
}

test('one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (commands) => {
      const story = await begin();

      for (const act of commands) await refusable(act(story));
      await finish(story);

      assess(story);
    }),
    { numRuns: samples(1000) },
  );
});

test('all at once, each call to the table at a moment of its own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 8 }), fc.scheduler(), async (commands, scheduler) => {
      const story = await begin();
      await announce(
        story.ports,
        [eventIn(story, 'Run Failed', { revision: 3 })].map((event) => ({ ...event, time: new Date(0) })),
      );

      story.table.schedule(scheduler);
      await scheduler.waitFor(Promise.all(commands.map((act) => refusable(act(story)))));
      story.table.unschedule();
      await finish(story);

      assess(story);
    }),
    { numRuns: samples(1000) },
  );
});
