/** Tokens: create, list, revoke, and tell who comes with one. */
import { type Actor, nameOf, type RequestActor, type TokenActor } from '../access/actor.ts';
import { assertRole, JOB_TOKEN_REFUSED } from '../access/authorize.ts';
import { hashOfSecret, matches } from '../access/secret.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { type Check, ConditionFailed } from '../ports/table.ts';
import { createIn } from '../project/create-in.ts';
import * as Project from '../project/index.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { claimsToBeOfJob } from './job-claims.ts';
import { type TokenRecord, tokens } from './record.ts';
import type { CreateToken, Token, TokenWithSecret } from './schema.ts';

/** `stt_`, the ULID of the token, and the secret part: the id can be read, so that one lookup finds the hash. */
const SECRET = /^stt_([0-7][0-9A-HJKMNP-TV-Z]{25})_([A-Za-z0-9_-]{43})$/;

/**
 * Creates a token, of a role and within a project that its creator has too.
 * @throws StaitheError not_found | role_too_low | unauthenticated (the creator's own token was revoked meanwhile) |
 *   wrong_state (the repeat of a request: the secret is not kept)
 */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateToken,
  seed?: string,
): Promise<TokenWithSecret> {
  const { token, secret } = await buildToken(ports, actor, input, seed);
  // A token that is revoked while it makes another must not live on in that one.
  const creator: Check[] =
    actor.kind === 'token' ? [{ check: Keys.token(actor.token_id), when: { present: true } }] : [];
  const writes = [tokens.creation(token), ...creator];
  try {
    if (token.project_id === undefined) await ports.table.transact(writes);
    else await createIn(ports.table, token.project_id, writes);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (error.index > 0) throw new StaitheError('unauthenticated', 'The token is not valid, or was revoked.');
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

/** A token that is about to be recorded. @throws StaitheError not_found | role_too_low */
export async function buildToken(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateToken,
  seed?: string,
): Promise<{ token: TokenRecord; secret: string }> {
  const project =
    input.project === undefined ? undefined : await Project.resolve(ports, actor, input.project);
  const bound = actor.kind === 'token' ? actor.project_id : undefined;
  assertRole(actor, input.role, { project_id: project?.id ?? bound, project: project?.slug });
  const now = ports.clock.now();
  const ulid = seed ?? ports.randomness.ulid(now.getTime());
  const secret = `stt_${ulid}_${ports.randomness.secret()}`;
  const token: TokenRecord = {
    id: idFrom('token', ulid),
    name: input.name,
    role: input.role,
    project_id: project?.id ?? bound,
    created_at: now.toISOString(),
    expires_at:
      input.expires_in_days === undefined
        ? undefined
        : new Date(now.getTime() + input.expires_in_days * 86_400_000).toISOString(),
    created_by: nameOf(actor),
    secret_hash: hashOfSecret(secret),
  };
  return { token, secret };
}

/** All tokens, newest first; whoever is bound to a project sees those of the project. */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  paging: Paging,
): Promise<Listed<Token>> {
  const bound = actor.kind === 'token' ? actor.project_id : undefined;
  return bound === undefined
    ? tokens.list(ports.table, Partitions.tokens, paging)
    : tokens.list(ports.table, Partitions.tokensOf(bound), paging, { of: 'gsi2' });
}

/** @throws StaitheError not_found */
export async function revoke(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<void> {
  const found = await tokens.get(ports.table, Keys.token(id));
  const bound = actor.kind === 'token' ? actor.project_id : undefined;
  if (found === undefined || (bound !== undefined && found.value.project_id !== bound))
    throw notFound('token', id);
  await ports.table.write({ remove: Keys.token(id), when: { any: true } });
}

const anonymous = (reason: string): RequestActor => ({ kind: 'anonymous', reason });

/** What authenticating takes; `jobTokens` only where agents call, as whoever can check their tokens can sign them too. */
type AuthenticationPorts = Pick<Ports, 'table' | 'clock'> & Partial<Pick<Ports, 'jobTokens'>>;

/**
 * Who sends this `Authorization` header: anonymous for a bad one, as the route decides what nobody may do. The token is
 * read each time, so that one that is revoked is worth nothing with the next request.
 * @throws StaitheError role_too_low (without `jobTokens`: what claims to be a job token)
 */
export async function authenticate(
  ports: AuthenticationPorts,
  header: string | undefined,
): Promise<RequestActor> {
  if (header === undefined) return anonymous('No token was sent.');
  const credential = /^Bearer ([\w.~+/=-]+)$/i.exec(header)?.[1];
  if (credential === undefined) return anonymous('The Authorization header is not `Bearer <token>`.');
  const ulid = SECRET.exec(credential)?.[1];
  if (ulid !== undefined) return authenticateToken(ports, idFrom('token', ulid), credential);
  if (ports.jobTokens === undefined && claimsToBeOfJob(credential, ports.clock.now()))
    throw new StaitheError('role_too_low', JOB_TOKEN_REFUSED);
  const job = credential.split('.').length === 3 ? await ports.jobTokens?.verify(credential) : undefined;
  return job ?? anonymous('The token is not valid, or has expired.');
}

async function authenticateToken(
  ports: Pick<Ports, 'table' | 'clock'>,
  id: string,
  credential: string,
): Promise<RequestActor> {
  const found = await tokens.get(ports.table, Keys.token(id));
  if (found === undefined || !matches(credential, found.value.secret_hash))
    return anonymous('The token is not valid, or was revoked.');
  const { role, project_id, expires_at, holder } = found.value;
  if (expires_at !== undefined && Date.parse(expires_at) <= ports.clock.now().getTime())
    return anonymous(`The token expired at ${expires_at}.`);
  const actor: TokenActor = {
    kind: 'token',
    token_id: id,
    role,
    ...(project_id !== undefined && { project_id }),
    ...(holder !== undefined && { holder }),
  };
  return actor;
}
