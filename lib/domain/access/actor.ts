/** Who makes a request, and what a route requires of the caller. */
import * as z from 'zod';
import { notFound, StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import { type Role, roleAllows } from './role.ts';

export interface TokenActor {
  readonly kind: 'token';
  readonly token_id: string;
  readonly role: Role;
  /** Set on a token that is bound to one project. */
  readonly project_id?: string;
  /** Who has the token, where that outlives it; a token without stands for itself. */
  readonly holder?: string;
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

/** What a route requires of its caller: nothing, the token of one job, or a token with at least a role. */
export type Access = 'public' | 'job' | 'job_or_viewer' | Role;

export const JOB_TOKEN_REFUSED = 'Job tokens are valid only for the routes of their own job.';

/**
 * Authorizes a request; every route calls it.
 * @param jobId the `{job}` of the path, on routes of the agent
 * @throws StaitheError unauthenticated | role_too_low | not_found (a job's token on another job)
 */
export function authorize(actor: RequestActor, access: Access, jobId?: string): void {
  if (access === 'public') return;
  if (actor.kind === 'anonymous') throw new StaitheError('unauthenticated', actor.reason);
  if (actor.kind === 'job') {
    if (access !== 'job' && access !== 'job_or_viewer')
      throw new StaitheError('role_too_low', JOB_TOKEN_REFUSED);
    if (jobId !== actor.job_id) throw notFound('job', jobId ?? '');
    return;
  }
  if (access === 'job')
    throw new StaitheError('role_too_low', 'Only the agent of the job can call this operation.');
  const needed = access === 'job_or_viewer' ? 'viewer' : access;
  if (!roleAllows(actor.role, needed))
    throw new StaitheError('role_too_low', `This needs the role ${needed}; the token has ${actor.role}.`);
}

/** Whether the actor may access this project. */
export function canAccess(actor: Actor, projectId: string): boolean {
  if (actor.kind === 'anonymous') return false;
  return actor.project_id === undefined || actor.project_id === projectId;
}

/**
 * Who acts, whichever token they have just now: what is kept for them (answers to their Idempotency-Keys) goes on when one
 * token follows another. A binding counts, as the same holder may see less with another token.
 */
export function principalOf(actor: Actor): string {
  if (actor.kind !== 'token' || actor.holder === undefined) return nameOf(actor);
  return `holder ${actor.holder} ${actor.project_id ?? 'everywhere'}`;
}

/** Who did something, for `created_by`. */
export function nameOf(actor: Actor): string {
  if (actor.kind === 'token') return actor.token_id;
  if (actor.kind === 'system') return actor.name;
  return actor.kind === 'job' ? actor.job_id : 'anonymous';
}
