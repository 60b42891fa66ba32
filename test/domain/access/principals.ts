/** Three projects with two environments each, and any users and tokens that there may be in them. */
import fc from 'fast-check';
import { ROLES, type Role } from '../../../lib/domain/access/role.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../../lib/domain/environment/schema.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import { authenticate } from '../../../lib/domain/token/authenticate.ts';
import * as Token from '../../../lib/domain/token/index.ts';
import { CreateToken } from '../../../lib/domain/token/schema.ts';
import { grant } from '../../../lib/domain/user/grants.ts';
import * as User from '../../../lib/domain/user/index.ts';
import type { CreateGrant } from '../../../lib/domain/user/schema.ts';
import { memoryPorts } from '../../memory/index.ts';
import { ADMIN, knownAdmin } from '../world.ts';

export const PROJECTS = ['red', 'green', 'blue'] as const;
export const ENVIRONMENTS = ['test', 'production'] as const;

/** `''` is the whole installation, `red` a project, `red/test` an environment of it. */
export const SCOPES: readonly string[] = [
  '',
  ...PROJECTS,
  ...PROJECTS.flatMap((project) => ENVIRONMENTS.map((environment) => `${project}/${environment}`)),
];

const role = fc.constantFrom(...ROLES);
const project = fc.constantFrom(...PROJECTS);
const grants: fc.Arbitrary<CreateGrant[]> = fc.array(
  fc.oneof(
    fc.record({ project, role }),
    fc.record({
      project,
      environment: fc.constantFrom(...ENVIRONMENTS),
      role: fc.constantFrom('deployer' as const, 'admin' as const),
    }),
  ),
  { maxLength: 4 },
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

export interface AnyUser {
  readonly role: Role | undefined;
  readonly grants: readonly CreateGrant[];
  readonly isDisabled: boolean;
}
export const anyUser: fc.Arbitrary<AnyUser> = fc.record({
  role: maybe(role),
  grants,
  isDisabled: fc.nat(9).map((n) => n === 0),
});

export interface AnyToken {
  readonly role: Role | undefined;
  readonly project: string | undefined;
  readonly grants: readonly CreateGrant[];
  readonly isOfUser: boolean;
  readonly end: 'none' | 'revoked' | 'expired';
}
export const anyToken: fc.Arbitrary<AnyToken> = fc
  .record({
    role: maybe(role),
    project: maybe(project),
    grants,
    isOfUser: fc.boolean(),
    end: fc.oneof(
      { weight: 10, arbitrary: fc.constant('none' as const) },
      fc.constantFrom('revoked' as const, 'expired' as const),
    ),
  })
  .filter(({ role: own, grants: some, isOfUser, project: bound }) => {
    const isSomething = own !== undefined || some.length > 0 || isOfUser;
    return isSomething && (some.length === 0 || bound === undefined);
  });

/** The request that asks for such a token. */
export const requestOf = (
  { role: own, project: bound, grants: some }: AnyToken,
  user?: string,
): CreateToken =>
  CreateToken.parse({ role: own, project: bound, user, ...(some.length > 0 && { grants: some }) });

/** Of each kind the last grant in one scope counts, as a later one takes the place of an earlier. */
const lastOf = (all: readonly CreateGrant[]): CreateGrant[] => [
  ...new Map(all.map((each) => [`${each.project}/${each.environment ?? ''}`, each])).values(),
];

/** What permissions allow, as all pairs of a scope and a role: `red/test deployer`. */
function pairsOf(own: Role | undefined, some: readonly CreateGrant[]): Set<string> {
  const pairs = new Set<string>();
  const allow = (scope: string, upTo: Role) => {
    for (const each of ROLES.slice(0, ROLES.indexOf(upTo) + 1)) pairs.add(`${scope} ${each}`);
  };
  if (own !== undefined) for (const scope of SCOPES) allow(scope, own);
  for (const { project: slug, environment, role: granted } of some) {
    const inProject = SCOPES.filter((scope) => scope === slug || scope.startsWith(`${slug}/`));
    for (const scope of inProject)
      allow(scope, environment === undefined || scope === `${slug}/${environment}` ? granted : 'viewer');
  }
  return pairs;
}

/** What a token allows, by the plainest reading of docs/access.md: what both it and its user allow. */
export function modelOf(user: AnyUser, token: AnyToken): ReadonlySet<string> {
  const isUnlimited = token.isOfUser && token.role === undefined && token.grants.length === 0;
  let ofToken = pairsOf(isUnlimited ? 'admin' : token.role, token.grants);
  const { project: bound } = token;
  if (bound !== undefined) ofToken = new Set([...ofToken].filter((pair) => pair.split(/[ /]/)[0] === bound));
  if (!token.isOfUser) return ofToken;
  const ofUser = pairsOf(user.role, lastOf(user.grants));
  return new Set([...ofToken].filter((pair) => ofUser.has(pair)));
}

/** The world of one case. */
export async function principals(user: AnyUser) {
  const ports = memoryPorts();
  await knownAdmin(ports);
  const ids = new Map<string, string>();
  for (const slug of PROJECTS) {
    const made = await Project.create(ports, ADMIN, { slug });
    ids.set(slug, made.id);
    for (const name of ENVIRONMENTS)
      await Environment.put(
        ports,
        made,
        name,
        PutEnvironment.parse({ target: { kind: 'lambda', function_name: `${slug}-${name}` } }),
      );
  }
  await User.create(ports, ADMIN, { name: 'alice', role: user.role });
  for (const each of user.grants) await grant(ports, ADMIN, 'alice', each);
  return {
    ports,
    scopeOf(scope: string) {
      const [slug = '', environment] = scope.split('/');
      return { project_id: ids.get(slug), environment };
    },
    /** Who comes with such a token. */
    async actorOf(token: AnyToken) {
      const request = requestOf(token, token.isOfUser ? 'alice' : undefined);
      const expiring = token.end === 'expired' ? { ...request, expires_in_days: 1 } : request;
      const { id, secret } = await Token.create(ports, ADMIN, expiring);
      if (token.end === 'revoked') await Token.revoke(ports, ADMIN, id);
      if (token.end === 'expired') ports.clock.advance(86_400_000);
      if (user.isDisabled) await User.update(ports, ADMIN, 'alice', { status: 'disabled' });
      return authenticate(ports, `Bearer ${secret}`);
    },
  };
}
