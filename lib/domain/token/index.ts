/** Tokens: create, list, revoke, and tell what one may do. Who comes with one is in `authenticate.ts`. */
import type { Actor, TokenActor } from '../access/actor.ts';
import { grantsIn, hasRole, projectIdsOf, roleIn } from '../access/authorize.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { type Check, ConditionFailed, type Item, type Write } from '../ports/table.ts';
import { listByTime, timePartition } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { buildToken } from './issue.ts';
import { projectsOf, tokens } from './record.ts';
import type { CreateToken, Token, TokenWithSecret, WhoAmI } from './schema.ts';

/**
 * Creates a token, of roles that its creator has too.
 * @param beside what is written in the same transaction
 * @throws StaitheError not_found | role_too_low | unauthenticated (the creator's own token was revoked, or their roles were
 *   changed, meanwhile) | wrong_state (the user is disabled; the repeat of a request: the secret is not kept)
 */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateToken,
  seed?: string,
  beside: (token: Token) => readonly Write[] = () => [],
): Promise<TokenWithSecret> {
  const { token, secret } = await buildToken(ports, actor, input, seed);
  const creator = creatorChecks(actor);
  const projects = projectsOf(token);
  const projectIds = projects === 'all' ? [] : projects;
  const exist = projectIds.map((id): Check => ({ check: Keys.projectAlias(id), when: { present: true } }));
  try {
    await ports.table.transact([tokens.creation(token), ...creator, ...exist, ...beside(token)]);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (error.index > creator.length)
      throw notFound('project', projectIds[error.index - creator.length - 1] ?? '');
    if (error.index > 0)
      throw new StaitheError(
        'unauthenticated',
        'The token is not valid, was revoked, or its user was changed at the same time.',
      );
    throw new StaitheError(
      'wrong_state',
      `Token ${token.id} was created by the first request with this key; its secret is not stored.`,
      {
        remedy: `Revoke ${token.id} and create another with a new Idempotency-Key.`,
      },
    );
  }
  return { ...token, secret };
}

/** A token that is revoked while it makes another must not live on in that one, nor must what its user lost meanwhile. */
function creatorChecks(actor: Actor): Check[] {
  if (actor.kind !== 'token') return [];
  const token: Check = { check: Keys.token(actor.token_id), when: { present: true } };
  const { user } = actor;
  return user?.revision === undefined
    ? [token]
    : [token, { check: Keys.user(user.id), when: { revision: user.revision } }];
}

/**
 * Tokens, newest first: all, or those of the projects whose admin the actor is.
 * @throws StaitheError invalid_cursor
 */
export async function list(
  { table }: Pick<Ports, 'table'>,
  actor: Actor,
  paging: Paging,
): Promise<Listed<Token>> {
  const ids = projectIdsOf(actor, 'admin');
  if (ids === 'all') return tokens.list(table, Partitions.tokens, paging);
  const view = async (items: readonly Item[]) => items.map((item) => tokens.read(item).value);
  const partitions = ids.map((id) => timePartition('token', Partitions.tokensOf(id), 'gsi2'));
  return listByTime(table, { name: `tokens ${JSON.stringify(ids)}`, partitions, view }, paging);
}

/** @throws StaitheError not_found, also when it reaches further than what the actor is admin of */
export async function revoke(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Token> {
  const found = await tokens.get(ports.table, Keys.token(id));
  if (found === undefined || !isManaged(actor, found.value)) throw notFound('token', id);
  await ports.table.write({ remove: Keys.token(id), when: { any: true } });
  return found.value;
}

function isManaged(actor: Actor, token: Token): boolean {
  const projects = projectsOf(token);
  if (projects === 'all') return hasRole(actor, 'admin');
  return projects.every((id) => hasRole(actor, 'admin', { project_id: id }));
}

/** Who a token acts as, and where it has which role. */
export function whoAmI(actor: TokenActor): WhoAmI {
  const { token_id, token_name, project_id, user } = actor;
  return {
    token_id,
    name: token_name ?? token_id,
    kind: user === undefined ? 'service' : 'user',
    user,
    role: roleIn(actor, { project_id }),
    project_id,
    grants: grantsIn(actor),
  };
}
