/** Whose approvals count, and how many are missing. An approval is given for a subject, and void for any other. */
import { Role, roleAllows } from '../access/role.ts';
import type { Approvals } from '../environment/rules.ts';
import type { Decision, Deployment } from './schema.ts';

type Asked = Pick<Deployment, 'decisions' | 'subject' | 'created_by'>;

/** Whether the rule lets this person approve, with this role in the environment. */
export const isApprover = ({ from }: Approvals, name: string, role: Role | undefined): boolean =>
  (from.length === 0 ? ['deployer'] : from).some((entry) => {
    const asRole = Role.safeParse(entry);
    return asRole.success ? role !== undefined && roleAllows(role, asRole.data) : entry === name;
  });

/** Whether this person asked for the deployment. */
export const askedFor = ({ created_by: by }: Pick<Deployment, 'created_by'>, name: string): boolean =>
  by === `user:${name}`;

/**
 * Those that count for what would be deployed now, by the rule as it is now: one of each person.
 * @param disabled users who may do nothing any more
 */
export function validApprovals(
  approvals: Approvals | undefined,
  deployment: Asked,
  disabled: ReadonlySet<string> = new Set(),
): Decision[] {
  if (approvals === undefined) return [];
  const byUser = new Map(
    deployment.decisions
      .filter(({ decision, subject }) => decision === 'approved' && subject === deployment.subject)
      .filter(({ user_id: id }) => !disabled.has(id))
      .filter(({ user_name: name, role }) => isApprover(approvals, name, role))
      .filter(({ user_name: name }) => approvals.self || !askedFor(deployment, name))
      .map((decision) => [decision.user_id, decision]),
  );
  return [...byUser.values()];
}

/** Who has rejected what would be deployed now. */
export const rejectionOf = ({ decisions, subject }: Asked): Decision | undefined =>
  decisions.find((decision) => decision.decision === 'rejected' && decision.subject === subject);

/** Who can approve, in words. */
export const approversOf = ({ from }: Approvals): string =>
  (from.length === 0 ? ['deployer'] : from)
    .map((entry) => (Role.safeParse(entry).success ? `users with the role ${entry}` : entry))
    .join(', ');
