/** People approve what a deployment will do, or reject it. */
import { type Actor, nameOf, type Person } from '../access/actor.ts';
import { hasRole, roleIn } from '../access/authorize.ts';
import type { Scope } from '../access/grant.ts';
import type { Role } from '../access/role.ts';
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { approversOf, askedFor, isApprover, validApprovals } from './approval.ts';
import { beginNext } from './begin-next.ts';
import { end } from './end.ts';
import { get } from './index.ts';
import { deployments } from './record.ts';
import type { Approve, Decision, Deployment } from './schema.ts';
import { stepped } from './timeline.ts';

type Needed = Pick<Ports, 'table' | 'workflows' | 'clock'>;

/**
 * Approves what the deployment would do as it was seen: `subject` names it. The last approval that was missing lets it
 * begin, if nothing else keeps it. A repeat changes nothing.
 * @throws StaitheError not_found | wrong_state | not_an_approver | approval_outdated
 */
export async function approve(
  ports: Needed,
  actor: Actor,
  id: string,
  { subject, reason }: Approve,
): Promise<Deployment> {
  const { project_id: projectId, environment } = await get(ports, actor, id);
  await decide(ports, actor, id, { decision: 'approved', subject, reason });
  await beginNext(ports, projectId, environment);
  return get(ports, actor, id);
}

/** Ends it. @throws StaitheError not_found | wrong_state | not_an_approver */
export async function reject(ports: Needed, actor: Actor, id: string, reason: string): Promise<Deployment> {
  await get(ports, actor, id);
  await decide(ports, actor, id, { decision: 'rejected', reason });
  const message = `${nameOf(actor)} rejected the deployment: ${reason}`;
  const error = { message, hint: 'Fix the cause, then deploy again.' };
  const { status } = await end(ports, id, { status: 'rejected', error, by: nameOf(actor) });
  if (status !== 'rejected')
    throw new StaitheError('wrong_state', `Deployment ${id} is ${status}; it cannot be rejected any more.`);
  return get(ports, actor, id);
}

/** Others decide at the same moment: the slowest of ten approvers needs ten tries. */
const TRIES = 20;

type Said = Pick<Decision, 'decision' | 'reason'> & { readonly subject?: string };

/** Keeps what somebody has decided; of each person the last word. */
async function decide(ports: Needed, actor: Actor, id: string, said: Said): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const stored = await deployments.get(ports.table, Keys.deployment(id));
    if (stored === undefined) throw notFound('deployment', id);
    const { value: deployment } = stored;
    const key = Keys.environment(deployment.project_id, deployment.environment);
    const environment = await environments.get(ports.table, key);
    if (environment === undefined) throw notFound('environment', deployment.environment);
    const person = personOf(actor);
    if (isDecided(deployment, person, said)) return;
    const user = approverOf(actor, deployment, environment.value);
    const subject = subjectSeen(deployment, said);
    const at = ports.clock.now();
    const decision: Decision = {
      ...said,
      subject,
      user_id: user.id,
      user_name: user.name,
      role: user.role,
      at: at.toISOString(),
    };
    const others = deployment.decisions.filter(({ user_id: other }) => other !== user.id);
    const why = said.reason === undefined ? '' : `: ${said.reason}`;
    const message = `${said.decision === 'approved' ? 'Approved' : 'Rejected'}${why}`;
    const step = { status: deployment.status, message, at, by: nameOf(actor) };
    try {
      const next = { ...stepped(deployment, step), decisions: [...others, decision] };
      await deployments.save(ports.table, stored, next);
      return;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
  throw new StaitheError('busy', `Deployment ${id} was changed by others ${TRIES} times in a row.`);
}

/** What the decision is about. @throws StaitheError wrong_state | approval_outdated */
function subjectSeen({ id, status, subject }: Deployment, { subject: seen = subject }: Said): string {
  if (status !== 'awaiting_approval' || subject === undefined || seen === undefined)
    throw new StaitheError('wrong_state', `Deployment ${id} is ${status}; it does not wait for approval.`);
  if (seen !== subject)
    throw new StaitheError(
      'approval_outdated',
      `Deployment ${id} now deploys something else (${subject}) than what was seen (${seen}).`,
    );
  return seen;
}

/** A repeat: the same person has said the same of the same, perhaps before the deployment began or ended by it. */
const isDecided = (deployment: Deployment, user: Person, said: Said): boolean =>
  deployment.decisions.some(
    (decision) =>
      decision.user_id === user.id &&
      decision.decision === said.decision &&
      decision.subject === (said.subject ?? deployment.subject),
  );

/** Whether the actor can approve it, and has not. */
export function mayApprove(actor: Actor, deployment: Deployment, environment: Environment): boolean {
  try {
    const { id } = approverOf(actor, deployment, environment);
    const { approvals } = environment;
    return !validApprovals(approvals, deployment).some(({ user_id: user }) => user === id);
  } catch (error) {
    if (error instanceof StaitheError && ['not_an_approver', 'wrong_state'].includes(error.code))
      return false;
    throw error;
  }
}

/** @throws StaitheError not_an_approver */
function personOf(actor: Actor): Person {
  const user = actor.kind === 'token' ? actor.user : undefined;
  if (user !== undefined) return user;
  throw new StaitheError(
    'not_an_approver',
    'Approvals are given by people, and this token belongs to a service.',
    { remedy: 'Use the token of a user: staithe token create --user <user>.' },
  );
}

interface Approver extends Pick<Person, 'id' | 'name'> {
  readonly role: Role;
}

/** The person who decides. @throws StaitheError not_an_approver | wrong_state (nobody is asked) */
function approverOf(actor: Actor, deployment: Deployment, environment: Environment): Approver {
  const { approvals, project_id: projectId, name } = environment;
  const user = personOf(actor);
  if (approvals === undefined)
    throw new StaitheError('wrong_state', `Environment '${name}' requires no approvals.`);
  if (!approvals.self && askedFor(deployment, user.name))
    throw new StaitheError(
      'not_an_approver',
      `${user.name} asked for this deployment, and environment '${name}' requires the approval of others.`,
    );
  const scope = { project_id: projectId, environment: name };
  const role = roleIn(actor, scope);
  // A token that may only read, of somebody who may more, approves nothing.
  if (role === undefined || !isUnlimited(actor, scope))
    throw new StaitheError(
      'not_an_approver',
      `This token is limited to less than the role deployer in environment '${name}'.`,
      { remedy: 'Use a token of yours without --role, or with the role deployer.' },
    );
  if (isApprover(approvals, user.name, role)) return { ...user, role };
  throw new StaitheError(
    'not_an_approver',
    `${user.name} is not among those who can approve a deployment to '${name}': ${approversOf(approvals)}.`,
  );
}

/** Whether the token itself would let its user deploy there. */
const isUnlimited = (actor: Actor, scope: Scope): boolean =>
  actor.kind === 'token' && hasRole({ ...actor, user: EVERYTHING }, 'deployer', scope);

/** A user who may do everything: what is left is the limit of the token. */
const EVERYTHING: Person = { id: '', name: '', role: 'admin' };
