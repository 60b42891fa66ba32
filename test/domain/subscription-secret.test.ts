import { beforeEach, expect, it } from 'vitest';
import * as Subscription from '../../lib/domain/subscription/index.ts';
import { rotateSecret } from '../../lib/domain/subscription/rotation.ts';
import { eventIn, happen, subscribe } from './subscribing.ts';
import { ADMIN, refusal, ULID, type World, world } from './world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});

it('after a rotation both secrets sign for a day, then only the new one', async () => {
  const { ports } = place;
  const { id, secret: first } = await subscribe(place);
  const { secret: second } = await rotateSecret(ports, ADMIN, id);
  await happen(place, [eventIn(place, 'Run Failed')], [{ id }]);
  ports.clock.advance(24 * 3600_000);
  await happen(place, [eventIn(place, 'Run Failed', { revision: 4 })], [{ id }]);

  expect(ports.notifier.posts.map(({ signature }) => signature?.secrets)).toEqual([
    [second, first],
    [second],
  ]);
});

it('a secret is not rotated again while the previous secret is valid, as that would end it early', async () => {
  const { ports } = place;
  const { id, secret: first } = await subscribe(place);
  const { secret: second, previous_secret_until: until } = await rotateSecret(ports, ADMIN, id);

  const again = rotateSecret(ports, ADMIN, id);

  await expect(again).rejects.toMatchObject({
    code: 'wrong_state',
    message: expect.stringContaining(`valid until ${until}`),
  });
  await happen(place, [eventIn(place, 'Run Failed')], [{ id }]);
  expect(ports.notifier.posts[0]?.signature?.secrets).toEqual([second, first]);
  ports.clock.advance(24 * 3600_000);
  expect((await rotateSecret(ports, ADMIN, id)).secret).toMatch(/^whsec_/);
});

it('tells a repeated request for a rotation a secret that is valid, beside the first', async () => {
  const { ports } = place;
  const { id, secret: first } = await subscribe(place);
  await rotateSecret(ports, ADMIN, id, ULID);

  const { secret: told } = await rotateSecret(ports, ADMIN, id, ULID);
  await happen(place, [eventIn(place, 'Run Failed')], [{ id }]);

  expect(ports.notifier.posts[0]?.signature?.secrets).toEqual([told, first]);
});

it.each(['put', 'write'] as const)(
  'leaves no secret when it is deleted during a rotation, before its %s',
  async (moment) => {
    const { ports } = place;
    const { id } = await subscribe(place);
    const secrets = ports.subscriptionSecrets;
    const remove = () => Subscription.remove(ports, ADMIN, id);
    const subscriptionSecrets = {
      ...secrets,
      put: async (name: string, value: string) => {
        if (moment === 'put') await remove();
        const version = await secrets.put(name, value);
        if (moment === 'write') await remove();
        return version;
      },
    };

    const code = await refusal(rotateSecret({ ...ports, subscriptionSecrets }, ADMIN, id));

    expect([code, secrets.ids()]).toEqual(['not_found', []]);
  },
);

it('leaves no secret when a deletion that died is repeated', async () => {
  const { ports } = place;
  const { id } = await subscribe(place);
  const subscriptionSecrets = {
    ...ports.subscriptionSecrets,
    remove: () => Promise.reject(new Error('killed')),
  };
  await Subscription.remove({ ...ports, subscriptionSecrets }, ADMIN, id).catch(() => undefined);

  const code = await refusal(Subscription.remove(ports, ADMIN, id));

  expect([code, ports.subscriptionSecrets.ids()]).toEqual(['not_found', []]);
});
