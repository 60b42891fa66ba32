/** Users: create, find, list, change. Their roles in projects are in `grants.ts`. */
import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { Id, idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Table } from '../ports/table.ts';
import type { Listed, Paging, Stored } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { users } from './record.ts';
import type { CreateUser, UpdateUser, User } from './schema.ts';

/** @throws StaitheError user_name_taken */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateUser,
  seed?: string,
): Promise<User> {
  const now = ports.clock.now();
  const user: User = {
    ...input,
    id: idFrom('user', seed ?? ports.randomness.ulid(now.getTime())),
    status: 'active',
    grants: [],
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  const handle = { ...Keys.userName(user.name), entity: 'user_name', revision: 1, user_id: user.id };
  try {
    await ports.table.transact([users.creation(user), { put: handle, when: { absent: true } }]);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (error.index === 0 && error.existing !== undefined) return users.read(error.existing).value; // the repeat of a request
    throw new StaitheError('user_name_taken', `There is a user '${user.name}' already.`);
  }
  return user;
}

/** @param ref the handle or the id @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, ref: string): Promise<User> {
  return (await find(ports.table, ref)).value;
}

/** @throws StaitheError not_found */
export async function find(table: Table, ref: string): Promise<Stored<User>> {
  const id = Id.user.safeParse(ref).success ? ref : (await table.get(Keys.userName(ref)))?.user_id;
  const found = typeof id === 'string' ? await users.get(table, Keys.user(id)) : undefined;
  if (found === undefined) throw notFound('user', ref);
  return found;
}

/** By handle. @throws StaitheError invalid_cursor */
export async function list(ports: Pick<Ports, 'table'>, paging: Paging): Promise<Listed<User>> {
  return users.list(ports.table, Partitions.users, paging, { ascending: true });
}

/** @throws StaitheError not_found | busy */
export async function update(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  ref: string,
  change: UpdateUser,
): Promise<User> {
  return changeUser(ports, ref, (user, now) => ({
    ...user,
    email: changed(user.email, change.email),
    display_name: changed(user.display_name, change.display_name),
    role: changed(user.role, change.role),
    ...(change.status !== undefined &&
      change.status !== user.status && {
        status: change.status,
        disabled_at: change.status === 'disabled' ? now : undefined,
        disabled_by: change.status === 'disabled' ? nameOf(actor) : undefined,
      }),
  }));
}

const changed = <T>(before: T | undefined, next: T | null | undefined): T | undefined =>
  next === undefined ? before : (next ?? undefined);

/** @throws StaitheError not_found | busy */
export async function changeUser(
  { table, clock }: Pick<Ports, 'table' | 'clock'>,
  ref: string,
  change: (user: User, now: string) => User,
): Promise<User> {
  const stored = await find(table, ref);
  const now = clock.now().toISOString();
  const step = (user: User) => ({ ...change(user, now), updated_at: now });
  const saved = await users.update(table, Keys.user(stored.value.id), step, stored);
  if (saved === undefined) throw notFound('user', ref);
  return saved.value;
}
