/** Who sends a request, by its `Authorization` header. */
import type { Person, RequestActor, TokenActor } from '../access/actor.ts';
import { JOB_TOKEN_REFUSED } from '../access/authorize.ts';
import { matches } from '../access/secret.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { Keys } from '../storage/keys.ts';
import { users } from '../user/record.ts';
import { claimsToBeOfJob } from './job-claims.ts';
import { tokens } from './record.ts';

/** `stt_`, the ULID of the token, and the secret part: the id can be read, so that one lookup finds the hash. */
const SECRET = /^stt_([0-7][0-9A-HJKMNP-TV-Z]{25})_([A-Za-z0-9_-]{43})$/;

const anonymous = (reason: string): RequestActor => ({ kind: 'anonymous', reason });

/** What authenticating takes; `jobTokens` only where agents call, as whoever can check their tokens can sign them too. */
type AuthenticationPorts = Pick<Ports, 'table' | 'clock'> & Partial<Pick<Ports, 'jobTokens'>>;

/**
 * Anonymous for a bad header, as the route decides what nobody may do. The token is read each time, and the user whose it
 * is after it: one that is revoked, and every one of a user who is disabled, is worth nothing with the next request.
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
  const { name, role, project_id, grants, expires_at, holder, user } = found.value;
  if (expires_at !== undefined && Date.parse(expires_at) <= ports.clock.now().getTime())
    return anonymous(`The token expired at ${expires_at}.`);
  const person = user && (await personOf(ports, user.id));
  if (user !== undefined && person === undefined)
    return anonymous(`The token is not valid: user '${user.name}' is disabled.`);
  const actor: TokenActor = {
    kind: 'token',
    token_id: id,
    token_name: name,
    ...(role !== undefined && { role }),
    ...(project_id !== undefined && { project_id }),
    ...(grants !== undefined && { grants }),
    ...(holder !== undefined && { holder }),
    ...(person !== undefined && { user: person }),
  };
  return actor;
}

/** @returns undefined for one who is disabled */
async function personOf({ table }: Pick<Ports, 'table'>, id: string): Promise<Person | undefined> {
  const found = await users.get(table, Keys.user(id));
  if (found === undefined || found.value.status !== 'active') return undefined;
  const { name, role, grants } = found.value;
  return { id, name, ...(role !== undefined && { role }), grants, revision: found.revision };
}
