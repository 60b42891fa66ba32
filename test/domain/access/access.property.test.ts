/** Who may do what, for any users, grants, tokens and routes: as a model of sets says. */
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RouteSpec } from '../../../lib/contract/route.ts';
import { ROUTES } from '../../../lib/contract/routes.ts';
import type { RequestActor } from '../../../lib/domain/access/actor.ts';
import { authorize, roleIn } from '../../../lib/domain/access/authorize.ts';
import { ROLES, type Role } from '../../../lib/domain/access/role.ts';
import { deployments } from '../../../lib/domain/deployment/record.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import { releases } from '../../../lib/domain/release/record.ts';
import { requireVisible } from '../../../lib/domain/storage/visible.ts';
import { authenticate } from '../../../lib/domain/token/authenticate.ts';
import * as Token from '../../../lib/domain/token/index.ts';
import type { CreateGrant } from '../../../lib/domain/user/schema.ts';
import { ADMIN, refusal } from '../world.ts';
import {
  type AnyToken,
  anyToken,
  anyUser,
  modelOf,
  PROJECTS,
  principals,
  requestOf,
  SCOPES,
} from './principals.ts';

const CASES = { numRuns: samples(400) };

/** Kinds of paths, as often each, whatever roles the routes of today ask for. */
const PATHS = [
  '/v1/everything',
  '/v1/projects/{project}',
  '/v1/projects/{project}/environments/{environment}',
  '/v1/things/{thing}',
  '/v1/deployments/{deployment}',
] as const;
const anyRoute = fc.oneof(
  fc.record({ access: fc.constantFrom(...ROLES), path: fc.constantFrom(...PATHS) }),
  fc.record({
    access: fc.constantFrom(...ROLES),
    path: fc.constant('/v1/users' as const),
    scope: fc.constant('installation' as const),
  }),
);
type Route = Pick<RouteSpec, 'path' | 'scope'> & { readonly access: Role };
const ALL = SCOPES.filter((scope) => scope.includes('/'));

/** Mostly one that a grant names, where there is one. */
function environmentAt(at: number, grants: readonly CreateGrant[]): string {
  const granted = grants.flatMap(({ project, environment }) =>
    environment === undefined ? [] : [`${project}/${environment}`],
  );
  const candidates = [...granted, ...granted, ...granted, ...granted, ...ALL];
  return candidates[at % candidates.length] ?? '';
}

/** The scope that a request to the route is about; undefined when it is about all that the caller sees. */
function scopeOf({ path, scope }: Route, environment: string): string | undefined {
  if (scope === 'installation') return '';
  if (path.includes('{environment}') || path.includes('{deployment}')) return environment;
  return path.includes('{') ? environment.split('/')[0] : undefined;
}

test('a request is allowed if the role that its route names is held where it looks', async () => {
  await fc.assert(
    fc.asyncProperty(anyUser, anyToken, anyRoute, fc.nat(), async (user, token, route, at) => {
      const environment = environmentAt(at, [...user.grants, ...token.grants]);
      const world = await principals(user);
      const actor = await world.actorOf(token);
      const model = modelOf(user, token);
      const needed = route.access;
      const scope = scopeOf(route, environment);
      const slug = environment.split('/')[0] ?? '';

      const outcome = await refusal(async () => {
        await ask(world, actor, route, environment);
        throw Object.assign(new Error(), { code: 'allowed' });
      });

      const isDead = token.end !== 'none' || (token.isOfUser && user.isDisabled);
      const isSomewhere = SCOPES.some((each) => model.has(`${each} ${needed}`));
      const expected = () => {
        if (isDead) return 'unauthenticated';
        if (!isSomewhere) return 'role_too_low';
        if (scope === undefined || model.has(`${scope} ${needed}`)) return 'allowed';
        return scope === '' || model.has(`${slug} viewer`) ? 'role_too_low' : 'not_found';
      };
      expect(outcome).toBe(expected());
    }),
    { numRuns: samples(1200) },
  );
});

/** What `serve` and the lookups of a handler do: by slug where the path has one, else by the id of something there. */
async function ask(
  { ports, scopeOf: placeOf }: Awaited<ReturnType<typeof principals>>,
  caller: RequestActor,
  route: Route,
  environmentScope: string,
): Promise<void> {
  const [slug = '', environment = ''] = environmentScope.split('/');
  const actor = authorize(caller, route, route.path.includes('{environment}') ? { environment } : {});
  if (route.path.includes('{project}')) await Project.resolve(ports, actor, slug);
  else if (scopeOf(route, environmentScope) === undefined || route.scope === 'installation') return;
  else {
    const found = { project_id: placeOf(slug).project_id ?? '', environment };
    const { environmentOf } = route.path.includes('{deployment}') ? deployments : releases;
    const of = { kind: 'thing', environmentOf: environmentOf as (value: typeof found) => string | undefined };
    requireVisible(found, of, actor, 'id');
  }
}

test('the role in each scope, and the projects of a list, are those of the model', async () => {
  await fc.assert(
    fc.asyncProperty(anyUser, anyToken, async (user, token) => {
      const world = await principals({ ...user, isDisabled: false });
      const actor = await world.actorOf({ ...token, end: 'none' });
      const model = modelOf(user, token);

      const roles = SCOPES.map((scope) => roleIn(actor, world.scopeOf(scope)));
      const listed = await Project.list(world.ports, actor, { limit: 10 });
      const me = actor.kind === 'token' ? Token.whoAmI(actor) : undefined;

      expect(roles).toEqual(SCOPES.map((scope) => ROLES.findLast((role) => model.has(`${scope} ${role}`))));
      expect(listed.items.map(({ slug }) => slug).sort()).toEqual(
        PROJECTS.filter((slug) => model.has(`${slug} viewer`)).sort(),
      );
      for (const { project, environment, role } of me?.grants ?? [])
        expect(model).toContain(`${project}${environment === undefined ? '' : `/${environment}`} ${role}`);
    }),
    CASES,
  );
});

test('a token can do nothing that its creator cannot', async () => {
  await fc.assert(
    fc.asyncProperty(anyUser, anyToken, anyToken, async (user, creator, created) => {
      const world = await principals({ ...user, isDisabled: false });
      const caller = await world.actorOf({ ...creator, end: 'none' });
      const request = requestOf(created, created.isOfUser ? 'alice' : undefined);

      const made = await (async () => {
        const actor = authorize(caller, ROUTES.createToken);
        return Token.create(world.ports, actor, request);
      })().catch(() => undefined);

      if (made === undefined) return;
      const heir = await authenticate(world.ports, `Bearer ${made.secret}`);
      const model = modelOf(user, creator);
      for (const scope of SCOPES) {
        const role = roleIn(heir, world.scopeOf(scope));
        if (role !== undefined) expect(model).toContain(`${scope} ${role}`);
      }
      // Who issues it manages it, and acts for nobody else.
      for (const scope of issuedIn(created, creator)) expect(model).toContain(`${scope} admin`);
      if (created.isOfUser && !creator.isOfUser) expect(model).toContain(' admin');
    }),
    CASES,
  );
});

/** The project, also that of a bound creator; the projects of its grants; or the whole installation. */
const issuedIn = ({ role, project, grants }: AnyToken, { project: bound = '' }: AnyToken): string[] => [
  ...(role === undefined && grants.length > 0 ? [] : [project ?? (grants.length > 0 ? '' : bound)]),
  ...grants.map((each) => each.project),
];

test('a token without role, grants and user is good for nothing', () => {
  const nothing = { kind: 'token', token_id: ADMIN.token_id } as const;

  expect([roleIn(nothing), roleIn(nothing, { project_id: 'any' })]).toEqual([undefined, undefined]);
});
