/** Whose approvals count, and how many are missing. An approval is given for a subject, and void for any other. */
import { Role } from '../access/role.ts';
import type { Approvals } from '../environment/rules.ts';
import type { Decision, Deployment } from './schema.ts';

/** Those that count for what would be deployed now: one of each person. */
export function validApprovals({
  decisions,
  subject,
}: Pick<Deployment, 'decisions' | 'subject'>): Decision[] {
  const byUser = new Map(
    decisions
      .filter((decision) => decision.decision === 'approved' && decision.subject === subject)
      .map((decision) => [decision.user_id, decision]),
  );
  return [...byUser.values()];
}

/** How many more people must approve. */
export function missingApprovals(
  { required }: Approvals,
  deployment: Pick<Deployment, 'decisions' | 'subject'>,
): number {
  return Math.max(0, required - validApprovals(deployment).length);
}

/** Who can approve, in words. */
export const approversOf = ({ from }: Approvals): string =>
  (from.length === 0 ? ['deployer'] : from)
    .map((entry) => (Role.safeParse(entry).success ? `users with the role ${entry}` : entry))
    .join(', ');
