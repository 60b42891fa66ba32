/** Who makes a request. What they may do is in `authorize.ts`. */
import * as z from 'zod';
import { Id } from '../id.ts';
import type { Permissions } from './grant.ts';
import type { Role } from './role.ts';

/** The person whose token it is, with what they may do at the moment of the request. */
export interface Person extends Permissions {
  readonly id: string;
  /** The handle. It is unique and never changes. */
  readonly name: string;
  /** Of what was read of them: what they create as it was is refused when it has changed since. */
  readonly revision?: number;
}

export interface TokenActor extends Permissions {
  readonly kind: 'token';
  readonly token_id: string;
  /** The name that people chose for it. */
  readonly token_name?: string;
  /** Set on a token that is bound to one project: its role is in that project alone. */
  readonly project_id?: string;
  /** Who has the token, where that outlives it; a token without stands for itself. */
  readonly holder?: string;
  /** Set on the token of a person: it may do what both may. A token without is a service. */
  readonly user?: Person;
  /** What the route requires that is called (`authorize`): everything that it looks up is checked by it. */
  readonly required?: Requirement;
}
export interface Requirement {
  readonly role: Role;
  /** The environment that the path names. */
  readonly environment?: string | undefined;
}
export const JobActor = z.object({
  kind: z.literal('job'),
  job_id: Id.job,
  run_id: Id.run,
  project_id: Id.project,
  /** The claim that the token was given for: it is worth nothing once another agent has the job. */
  claim_id: z.uuid().optional(),
});
export type JobActor = z.infer<typeof JobActor>;
interface Anonymous {
  readonly kind: 'anonymous';
  /** Why the caller could not be authenticated. */
  readonly reason: string;
}
/** Who a request may come from. */
export type RequestActor = TokenActor | JobActor | Anonymous;
/** Staithe itself, in a workflow's step. It never comes from a request. */
export interface SystemActor {
  readonly kind: 'system';
  readonly name: string;
  readonly project_id?: undefined;
}
export type Actor = RequestActor | SystemActor;

/**
 * Who acts, whichever token they have just now: what is kept for them (answers to their Idempotency-Keys) goes on when one
 * token follows another. A binding counts, as the same holder may see less with another token.
 */
export function principalOf(actor: Actor): string {
  if (actor.kind !== 'token') return nameOf(actor);
  if (actor.holder === undefined) return actor.token_id;
  return `holder ${actor.holder} ${actor.project_id ?? 'everywhere'}`;
}

/**
 * All that decides what the actor may do, as text: an answer that was kept for them is not sent again once this has changed.
 * The next token of the same holder, with the same permissions, has the same.
 */
export function permissionsOf(actor: Actor): string {
  if (actor.kind !== 'token') return '';
  const { role, grants, project_id: bound, user } = actor;
  return JSON.stringify([role, grants, bound, user && [user.id, user.role, user.grants]]);
}

/** Who did something, for `created_by`: `user:alice` for a person, whichever token it was; else the id of the token. */
export function nameOf(actor: Actor): string {
  if (actor.kind === 'token') return actor.user === undefined ? actor.token_id : `user:${actor.user.name}`;
  if (actor.kind === 'system') return actor.name;
  return actor.kind === 'job' ? actor.job_id : 'anonymous';
}
