/** What a new token may be: nobody creates one that can do more than they can. */
import { type Actor, nameOf } from '../access/actor.ts';
import { assertRequired, assertRole, type NamedScope } from '../access/authorize.ts';
import type { Grant } from '../access/grant.ts';
import type { Role } from '../access/role.ts';
import { hashOfSecret } from '../access/secret.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import * as Project from '../project/index.ts';
import { resolveGrant } from '../user/grants.ts';
import * as User from '../user/index.ts';
import type { TokenRecord } from './record.ts';
import type { CreateToken } from './schema.ts';

/**
 * A token that is about to be recorded.
 * @throws StaitheError not_found | role_too_low | wrong_state (the user is disabled)
 */
export async function buildToken(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateToken,
  seed?: string,
): Promise<{ token: TokenRecord; secret: string }> {
  const user = input.user === undefined ? undefined : await userOf(ports, actor, input.user);
  const { role, grants, project_id } = await permissionsOf(ports, actor, input);
  const now = ports.clock.now();
  const ulid = seed ?? ports.randomness.ulid(now.getTime());
  const secret = `stt_${ulid}_${ports.randomness.secret()}`;
  const token: TokenRecord = {
    id: idFrom('token', ulid),
    name: input.name,
    user,
    role,
    project_id,
    grants,
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

/**
 * The person whose token it will be: the creator, or anybody for an admin of the installation, as it acts as that person.
 * @throws StaitheError not_found | role_too_low | wrong_state
 */
async function userOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  ref: string,
): Promise<NonNullable<TokenRecord['user']>> {
  const self = actor.kind === 'token' ? actor.user : undefined;
  const isSelf = self !== undefined && (ref === self.id || ref === self.name);
  // Before the look-up: who may not ask learns not even whether there is such a user.
  if (!isSelf) assertRole(actor, 'admin');
  const { id, name, status } = await User.get(ports, ref);
  if (status === 'active') return { id, name };
  throw new StaitheError('wrong_state', `User '${name}' is disabled.`, {
    remedy: `Enable the user first: staithe user enable ${name}.`,
  });
}

interface TokenPermissions {
  readonly role: Role | undefined;
  readonly grants: Grant[] | undefined;
  readonly project_id: string | undefined;
}

/** @throws StaitheError not_found | role_too_low */
async function permissionsOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  { role, project: ref, grants: asked }: CreateToken,
): Promise<TokenPermissions> {
  const bound = actor.kind === 'token' ? actor.project_id : undefined;
  const grants = asked && (await Promise.all(asked.map((each) => resolveGrant(ports, actor, each))));
  for (const grant of grants ?? []) assertIssuable(actor, grant.role, grant);
  const project = ref === undefined ? undefined : await Project.resolve(ports, actor, ref);
  // Of a bound token, what it creates is bound too.
  const projectId = project?.id ?? (grants === undefined ? bound : undefined);
  // Without role and grants it may do whatever its user may.
  if (role !== undefined || grants === undefined)
    assertIssuable(actor, role ?? 'admin', { project_id: projectId, project: project?.slug });
  return { role, grants, project_id: projectId };
}

function assertIssuable(actor: Actor, role: Role, scope: NamedScope): void {
  assertRole(actor, role, scope);
  assertRequired(actor, scope);
}
