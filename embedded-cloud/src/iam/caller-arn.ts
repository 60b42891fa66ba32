import type { Principal } from '../service.ts';

/** A role acts through a session, and that is the ARN that AWS shows. */
export function callerArn(principal: Principal, accountId: string): string {
  if (principal.kind !== 'role' || principal.session === undefined) return principal.arn;
  const name = principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
  return `arn:aws:sts::${accountId}:assumed-role/${name}/${principal.session}`;
}
