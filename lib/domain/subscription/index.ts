/** Subscriptions: create, find, list, enable, disable and delete. Rotations of the secret are in `rotation.ts`. */
import { type Actor, nameOf } from '../access/actor.ts';
import { assertRequired, canAccess, projectIdsOf, roleIn } from '../access/authorize.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { createIn } from '../project/create-in.ts';
import * as Project from '../project/index.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { flawsOf, type SubscribableEvents } from './events.ts';
import { type SubscriptionRecord, subscriptions } from './record.ts';
import type {
  CreateSubscription,
  CreateTarget,
  Subscription,
  SubscriptionTarget,
  SubscriptionWithSecret,
} from './schema.ts';
import { newSecret } from './secret.ts';
import { flawOfTargetUrl } from './target-url.ts';

const boundTo = (actor: Actor): string | undefined => (actor.kind === 'token' ? actor.project_id : undefined);

/**
 * Creates a subscription of a project, or, by a token that is bound to none and names none, of the whole installation.
 * What is secret is kept first: of a crash in between is left a value that nobody knows.
 * @param seed a ULID that a repeat of the same request has too
 * @throws StaitheError validation_failed | mail_disabled | not_found | wrong_state (the repeat of a request: the secret is not kept)
 */
export async function create(
  ports: Pick<Ports, 'table' | 'subscriptionSecrets' | 'notificationSettings' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateSubscription,
  events: SubscribableEvents,
  seed?: string,
): Promise<SubscriptionWithSecret> {
  const ref = input.project ?? boundTo(actor);
  const project = ref === undefined ? undefined : await Project.resolve(ports, actor, ref);
  if (project === undefined) assertRequired(actor, {});
  validate(ports, input, events, project !== undefined);
  const now = ports.clock.now();
  const id = idFrom('subscription', seed ?? ports.randomness.ulid(now.getTime()));
  if ((await subscriptions.get(ports.table, Keys.subscription(id))) !== undefined) throw repeated(id);
  const secret = input.target.kind === 'webhook' ? newSecret(ports) : undefined;
  const hidden = secret ?? (input.target.kind === 'slack' ? input.target.url : undefined);
  const version = hidden === undefined ? undefined : await ports.subscriptionSecrets.put(id, hidden);
  const subscription: SubscriptionRecord = {
    id,
    project_id: project?.id,
    project_slug: project?.slug,
    name: input.name,
    events: [...new Set(input.events)],
    target: targetOf(input.target),
    status: 'active',
    secret_version: version,
    created_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  try {
    const writes = [subscriptions.creation(subscription)];
    if (project === undefined) await ports.table.transact(writes);
    else await createIn(ports.table, project.id, writes);
  } catch (error) {
    if (error instanceof ConditionFailed) throw repeated(id);
    // The project was deleted meanwhile: its deletion may have passed here already.
    if (error instanceof StaitheError && error.code === 'not_found')
      await ports.subscriptionSecrets.remove(id);
    throw error;
  }
  return { ...shown(subscription), ...(secret !== undefined && { secret }) };
}

function validate(
  { notificationSettings }: Pick<Ports, 'notificationSettings'>,
  { events, target }: CreateSubscription,
  known: SubscribableEvents,
  isOfProject: boolean,
): void {
  const problems = flawsOf(events, known, isOfProject);
  if (target.kind !== 'email') {
    const message = flawOfTargetUrl(target.url, notificationSettings.loopback);
    if (message !== undefined) problems.push({ field: 'target.url', message });
  }
  const [first] = problems;
  if (first !== undefined)
    throw new StaitheError('validation_failed', `${first.field} ${first.message}`, { fields: problems });
  if (target.kind === 'email' && notificationSettings.mailSender === undefined)
    throw new StaitheError('mail_disabled', 'This installation has no sender address for e-mail.');
}

function repeated(id: string): StaitheError {
  return new StaitheError(
    'wrong_state',
    `Subscription ${id} was created by the first request with this key; its secret is not shown again.`,
    { remedy: `Rotate its secret, or delete ${id} and create another with a new Idempotency-Key.` },
  );
}

const targetOf = (target: CreateTarget): SubscriptionTarget =>
  target.kind === 'slack' ? { kind: 'slack', host: new URL(target.url).host } : target;

/** A subscription as its readers see it. */
function shown({ status, ...record }: SubscriptionRecord): Subscription {
  return { ...record, status: status === 'active' ? 'active' : 'disabled' };
}

const isVisible = (actor: Actor, { project_id: id }: SubscriptionRecord): boolean =>
  id === undefined ? roleIn(actor) !== undefined : canAccess(actor, id);

/** @throws StaitheError not_found, also for one that the actor may not see | role_too_low */
export async function find(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  id: string,
): Promise<SubscriptionRecord> {
  const found = await findMarked(ports, actor, id);
  if (found.status === 'deleted') throw notFound('subscription', id);
  return found;
}

/** Also one that is marked as deleted. @throws StaitheError not_found | role_too_low */
async function findMarked(
  { table }: Pick<Ports, 'table'>,
  actor: Actor,
  id: string,
): Promise<SubscriptionRecord> {
  const found = (await subscriptions.get(table, Keys.subscription(id)))?.value;
  if (found === undefined || !isVisible(actor, found)) throw notFound('subscription', id);
  assertRequired(actor, { project_id: found.project_id, project: found.project_slug });
  return found;
}

export const get = async (ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Subscription> =>
  shown(await find(ports, actor, id));

/** The role of the route, for lists over all projects in which the actor has it. */
const LISTING = 'developer';

/**
 * Newest first: those of a project, or all that the actor may see.
 * @throws StaitheError not_found | invalid_cursor
 */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  { project, ...paging }: Paging & { project?: string | undefined },
): Promise<Listed<Subscription>> {
  const ref = project ?? boundTo(actor);
  const ids =
    ref === undefined ? projectIdsOf(actor, LISTING) : [(await Project.resolve(ports, actor, ref)).id];
  const page =
    ids === 'all'
      ? await subscriptions.list(ports.table, Partitions.allSubscriptions, paging, { of: 'gsi2' })
      : await subscriptions.newestOf(ports.table, 'subscription', ids.map(Partitions.subscriptions), paging);
  return { ...page, items: page.items.map(shown) };
}

/**
 * What waits to be sent is sent no more. The mark comes before the end of the secret, so that no rotation comes in between;
 * the repeat of a deletion that died there ends the secret.
 * @throws StaitheError not_found
 */
export async function remove(
  ports: Pick<Ports, 'table' | 'subscriptionSecrets' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<Subscription> {
  const found = await findMarked(ports, actor, id);
  const at = ports.clock.now().toISOString();
  await subscriptions.update(ports.table, Keys.subscription(id), (subscription) =>
    subscription.status === 'deleted' ? undefined : { ...subscription, status: 'deleted', deleted_at: at },
  );
  await ports.subscriptionSecrets.remove(id);
  if (found.status === 'deleted') throw notFound('subscription', id);
  return shown(found);
}

/** @throws StaitheError not_found */
export async function disable(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<Subscription> {
  await find(ports, actor, id);
  const disabled = {
    reason: 'It was disabled by a user.',
    at: ports.clock.now().toISOString(),
    by: nameOf(actor),
  };
  return changed(ports, id, (subscription) =>
    subscription.status === 'active' ? { ...subscription, status: 'disabled', disabled } : undefined,
  );
}

/** Events from now on are sent; those of the time in between are not. @throws StaitheError not_found */
export async function enable(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Subscription> {
  await find(ports, actor, id);
  return changed(ports, id, (subscription) =>
    subscription.status === 'disabled'
      ? { ...subscription, status: 'active', disabled: undefined }
      : undefined,
  );
}

/** @throws StaitheError not_found once it is deleted */
export async function changed(
  { table }: Pick<Ports, 'table'>,
  id: string,
  step: (subscription: SubscriptionRecord) => SubscriptionRecord | undefined,
): Promise<Subscription> {
  const stored = await subscriptions.update(table, Keys.subscription(id), (subscription) =>
    subscription.status === 'deleted' ? undefined : step(subscription),
  );
  if (stored === undefined || stored.value.status === 'deleted') throw notFound('subscription', id);
  return shown(stored.value);
}
