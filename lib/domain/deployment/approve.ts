/** People approve what a deployment will do, or reject it. */
import { type Actor, nameOf, type Person } from '../access/actor.ts';
import { roleIn } from '../access/authorize.ts';
import { Role, roleAllows } from '../access/role.ts';
import { environments } from '../environment/record.ts';
import type { Environment } from '../environment/schema.ts';
import { notFound, StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { approversOf, validApprovals } from './approval.ts';
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
  await end(ports, id, { status: 'rejected', error, by: nameOf(actor) });
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
    const user = approverOf(actor, deployment, environment.value);
    const subject = subjectSeen(deployment, said);
    if (isDecided(deployment, user, said, subject)) return;
    const at = ports.clock.now();
    const decision: Decision = {
      ...said,
      subject,
      user_id: user.id,
      user_name: user.name,
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

/**
 * A repeat: the same person has said the same of the same. The approval that was the last one is repeated when the deployment
 * waits for approval no more.
 */
const isDecided = (deployment: Deployment, user: Person, said: Said, subject: string): boolean =>
  deployment.decisions.some(
    (decision) =>
      decision.user_id === user.id && decision.decision === said.decision && decision.subject === subject,
  );

/** Whether the actor can approve it, and has not. */
export function mayApprove(actor: Actor, deployment: Deployment, environment: Environment): boolean {
  try {
    const { id } = approverOf(actor, deployment, environment);
    return !validApprovals(deployment).some(({ user_id: user }) => user === id);
  } catch (error) {
    if (error instanceof StaitheError && error.code === 'not_an_approver') return false;
    throw error;
  }
}

/** The person who decides. @throws StaitheError not_an_approver */
function approverOf(actor: Actor, deployment: Deployment, environment: Environment): Person {
  const { approvals, project_id: projectId, name } = environment;
  const user = actor.kind === 'token' ? actor.user : undefined;
  if (user === undefined)
    throw new StaitheError(
      'not_an_approver',
      'Approvals are given by people, and this token belongs to a service.',
      { remedy: 'Use the token of a user: staithe token create --user <user>.' },
    );
  if (approvals === undefined) return user;
  if (!approvals.self && deployment.created_by === nameOf(actor))
    throw new StaitheError(
      'not_an_approver',
      `${user.name} asked for this deployment, and environment '${name}' requires the approval of others.`,
    );
  const role = roleIn(actor, { project_id: projectId, environment: name });
  const isNamed = approvals.from.some((entry) => {
    const asRole = Role.safeParse(entry);
    return asRole.success ? role !== undefined && roleAllows(role, asRole.data) : entry === user.name;
  });
  if (isNamed || (approvals.from.length === 0 && role !== undefined && roleAllows(role, 'deployer')))
    return user;
  throw new StaitheError(
    'not_an_approver',
    `${user.name} is not among those who can approve a deployment to '${name}': ${approversOf(approvals)}.`,
  );
}
