/** A subscription gets another secret. */
import type { Actor } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { changed, find } from './index.ts';
import type { SubscriptionRecord } from './record.ts';
import type { SubscriptionWithSecret } from './schema.ts';
import { newSecret } from './secret.ts';

/** A day: as long as a receiver may take to learn the new secret. */
const BOTH_VALID_MS = 24 * 3600_000;

/**
 * Gives it another secret. Requests are signed with the one before too, for a day, and until then no other rotation begins:
 * there are two secrets at most. The repeat of a request gets a secret of its own, as that of the first was not kept.
 * @param seed a ULID that a repeat of the same request has too
 * @throws StaitheError not_found | wrong_state (of a target that has none, or while the previous one is valid)
 */
export async function rotateSecret(
  ports: Pick<Ports, 'table' | 'subscriptionSecrets' | 'clock' | 'randomness'>,
  actor: Actor,
  id: string,
  seed?: string,
): Promise<SubscriptionWithSecret> {
  const found = await find(ports, actor, id);
  if (found.target.kind !== 'webhook')
    throw new StaitheError('wrong_state', `Subscription ${id} has no secret: only webhooks are signed.`, {
      remedy: 'To change the URL of a Slack subscription, create another and delete this one.',
    });
  const now = ports.clock.now();
  // Before a value is stored, and again with the write.
  rotated(found, { version: found.secret_version ?? 1, now, seed });
  const secret = newSecret(ports);
  const version = await ports.subscriptionSecrets.put(id, secret);
  try {
    const subscription = await changed(ports, id, (before) => rotated(before, { version, now, seed }));
    return { ...subscription, secret };
  } catch (error) {
    // It was deleted meanwhile, and its deletion may have passed here already.
    if (error instanceof StaitheError && error.code === 'not_found')
      await ports.subscriptionSecrets.remove(id);
    throw error;
  }
}

/** @throws StaitheError wrong_state while the secret before the present one is valid */
function rotated(
  before: SubscriptionRecord,
  { version, now, seed }: { version: number; now: Date; seed: string | undefined },
): SubscriptionRecord {
  const { id, secret_version: known = version, previous_secret_until: until, rotation } = before;
  // Of one request sent twice at once each has told its secret: the higher version is the present one, whoever writes last.
  if (seed !== undefined && rotation === seed) return { ...before, secret_version: Math.max(known, version) };
  if (until !== undefined && Date.parse(until) > now.getTime())
    throw new StaitheError(
      'wrong_state',
      `The secret of subscription ${id} was rotated already; the previous one is valid until ${until}.`,
      {
        remedy: `Try again after ${until}. If you do not have the new secret, or others do, create another subscription and delete ${id}.`,
      },
    );
  return {
    ...before,
    secret_version: version,
    previous_secret_version: known,
    previous_secret_until: new Date(now.getTime() + BOTH_VALID_MS).toISOString(),
    rotation: seed,
  };
}
