/**
 * Who may do what: the one rule. `roleIn` says which role an actor has in a scope, and everything else asks it. A route
 * names its role once, in the contract; `authorize` lets through who has that role anywhere and notes it in the actor, and
 * every lookup of a project or of what is in one (`Project.resolve`, `readVisible`) checks the note in that scope.
 */
import { notFound, StaitheError } from '../error.ts';
import type { Actor, RequestActor, TokenActor } from './actor.ts';
import { type Grant, heldIn, type Scope } from './grant.ts';
import { highest, lower, type Role, roleAllows } from './role.ts';

/** What a route requires of its caller: nothing, the token of one job, or a token with at least a role. */
export type Access = 'public' | 'job' | 'job_or_viewer' | Role;

export const JOB_TOKEN_REFUSED = 'Job tokens are valid only for the routes of their own job.';

/** A scope with the slug of its project, for messages. */
export type NamedScope = Scope & { readonly project?: string | undefined };

/** The role that the actor has in a scope, or in the installation as a whole; undefined: not even viewer. */
export function roleIn(actor: Actor, scope: Scope = {}): Role | undefined {
  if (actor.kind === 'system') return 'admin';
  if (actor.kind === 'anonymous') return undefined;
  if (actor.kind === 'job') return actor.project_id === scope.project_id ? 'viewer' : undefined;
  const ofToken = tokenRoleIn(actor, scope);
  return actor.user === undefined ? ofToken : lower(ofToken, heldIn(actor.user, scope));
}

/** The limit that the token itself sets. One of a user without role and grants sets none but its binding. */
function tokenRoleIn({ role, grants, project_id: bound, user }: TokenActor, scope: Scope): Role | undefined {
  if (bound !== undefined && bound !== scope.project_id) return undefined;
  if (role === undefined && grants === undefined) return user === undefined ? undefined : 'admin';
  return heldIn({ role, grants }, scope);
}

/** Whether the actor may see this project. */
export function canAccess(actor: Actor, projectId: string): boolean {
  return roleIn(actor, { project_id: projectId }) !== undefined;
}

/** The projects in which the actor has at least this role; `all` when that is not a matter of single projects. */
export function projectIdsOf(actor: Actor, needed: Role = 'viewer'): 'all' | string[] {
  if (allows(roleIn(actor), needed)) return 'all';
  return namedProjects(actor).filter((id) => allows(roleIn(actor, { project_id: id }), needed));
}

/** Whether the actor has at least this role there. */
export function hasRole(actor: Actor, needed: Role, scope: Scope = {}): boolean {
  return allows(roleIn(actor, scope), needed);
}

/** Where the actor has a higher role than in all projects, or than in the project itself: as grants of what they have. */
export function grantsIn(actor: TokenActor): Grant[] {
  const base = roleIn(actor, { project_id: actor.project_id });
  const scopes = new Map(
    grantsOf(actor).map((grant) => [`${grant.project_id} ${grant.environment ?? ''}`, grant]),
  );
  return [...scopes.values()].flatMap((grant) => {
    const role = roleIn(actor, grant);
    return role === undefined || allows(base, role) ? [] : [{ ...grant, role }];
  });
}

const allows = (held: Role | undefined, needed: Role): boolean =>
  held !== undefined && roleAllows(held, needed);

const grantsOf = (actor: Actor) =>
  actor.kind === 'token' ? [...(actor.grants ?? []), ...(actor.user?.grants ?? [])] : [];

function namedProjects(actor: Actor): string[] {
  const bound = actor.kind === 'anonymous' ? undefined : actor.project_id;
  const ids = [bound, ...grantsOf(actor).map((grant) => grant.project_id)];
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** The highest role that the actor has anywhere: outside of the places that their permissions name, it is the same everywhere. */
function highestOf(actor: TokenActor): Role | undefined {
  const projects = namedProjects(actor).map((id) => ({ project_id: id }));
  return highest([{}, ...projects, ...grantsOf(actor)].map((scope) => roleIn(actor, scope)));
}

interface Guarded {
  readonly access: Access;
  readonly scope?: 'installation';
}

/**
 * Authorizes a request; every route calls it.
 * @param params of the path: `job` on routes of the agent, `environment` on those of an environment
 * @returns the actor who goes on, with what the route requires of them wherever it looks
 * @throws StaitheError unauthenticated | role_too_low | not_found (a job's token on another job)
 */
export function authorize(
  actor: RequestActor,
  { access, scope }: Guarded,
  params: Readonly<Record<string, string | undefined>> = {},
): RequestActor {
  if (access === 'public') return actor;
  if (actor.kind === 'anonymous') throw new StaitheError('unauthenticated', actor.reason);
  if (actor.kind === 'job') {
    if (access !== 'job' && access !== 'job_or_viewer')
      throw new StaitheError('role_too_low', JOB_TOKEN_REFUSED);
    if (params.job !== actor.job_id) throw notFound('job', params.job ?? '');
    return actor;
  }
  if (access === 'job')
    throw new StaitheError('role_too_low', 'Only the agent of the job can call this operation.');
  const needed = access === 'job_or_viewer' ? 'viewer' : access;
  const most = highestOf(actor);
  if (!allows(most, needed))
    throw tooLow(`This needs the role ${needed}`, `${subjectOf(actor)} ${most ?? 'no role'}`);
  if (scope === 'installation') assertRole(actor, needed);
  return { ...actor, required: { role: needed, environment: params.environment } };
}

/**
 * Checks what the route requires (`authorize`) in the scope of what it has looked up.
 * @throws StaitheError role_too_low
 */
export function assertRequired(actor: Actor, scope: NamedScope): void {
  if (actor.kind !== 'token' || actor.required === undefined) return;
  const { role, environment } = actor.required;
  assertRole(actor, role, { ...scope, environment: scope.environment ?? environment });
}

/**
 * @param scope where the role is needed; without a project, in the installation as a whole
 * @throws StaitheError role_too_low, which names the role, the scope, and what the actor has instead
 */
export function assertRole(actor: Actor, needed: Role, scope: NamedScope = {}): void {
  const held = roleIn(actor, scope);
  if (allows(held, needed)) return;
  // Of what was found by id, only the project's id is known; a grant there has its slug.
  const slug = grantsOf(actor).find((grant) => grant.project_id === scope.project_id)?.project;
  const missing = `This needs the role ${needed} ${nameOfScope({ ...scope, project: scope.project ?? slug })}`;
  if (actor.kind !== 'token') throw tooLow(missing, `${actor.kind} has ${held ?? 'no role'} there`);
  throw tooLow(missing, insteadOf(actor, needed, scope));
}

const tooLow = (missing: string, instead: string) =>
  new StaitheError('role_too_low', `${missing}; ${instead}.`);

const subjectOf = ({ user }: TokenActor) => (user === undefined ? 'the token has' : 'you have');

function nameOfScope({ project_id: id, project, environment }: NamedScope): string {
  if (id === undefined) return 'in the whole installation';
  const named = `project '${project ?? id}'`;
  return environment === undefined ? `in ${named}` : `in environment '${environment}' of ${named}`;
}

/** What the actor has in scope of what is missing, as exactly as they may know it. */
function insteadOf(actor: TokenActor, needed: Role, scope: NamedScope): string {
  const { user } = actor;
  if (user !== undefined && allows(heldIn(user, scope), needed)) {
    const limit = tokenRoleIn(actor, scope);
    return `user '${user.name}' has it, but this token ${limit === undefined ? 'does not cover it' : `has only ${limit} there`}`;
  }
  const elsewhere = elsewhereOf(actor, needed, scope);
  if (elsewhere.length > 0) return `${subjectOf(actor)} it in ${elsewhere.join(', ')}`;
  return `${subjectOf(actor)} ${roleIn(actor, scope) ?? 'no role'} there`;
}

/** Of the same project the environments, of the installation the projects, in which the actor has the role. */
function elsewhereOf(actor: TokenActor, needed: Role, { project_id: id }: Scope): string[] {
  const candidates = grantsOf(actor).filter(
    (grant) => (id === undefined || grant.project_id === id) && allows(roleIn(actor, grant), needed),
  );
  const names = candidates.map(({ project, environment }) => {
    if (id !== undefined) return `environment '${environment}'`;
    return environment === undefined
      ? `project '${project}'`
      : `environment '${environment}' of '${project}'`;
  });
  return [...new Set(names)].slice(0, 5);
}
