/** A deployment that waits, and what it says of itself. */
import type { Environment } from '../environment/schema.ts';
import type { Block, Deployment } from './schema.ts';
import { stepped } from './timeline.ts';

/** 20: more that wait for one environment are a mistake, and each is looked at with the others. */
export const MAX_WAITING = 20;

/**
 * The deployment as it waits for these rules. The time in which it can be approved begins when it comes to wait for
 * approval, and anew when what would be deployed changes.
 * @param blocks at least one
 */
export function waitingAs(
  deployment: Deployment,
  blocks: readonly Block[],
  { approvals }: Pick<Environment, 'approvals'>,
  now: Date,
): Deployment {
  const needsApproval = blocks.some(({ rule }) => rule === 'approval');
  const status = needsApproval ? ('awaiting_approval' as const) : ('waiting' as const);
  const expires =
    needsApproval && approvals !== undefined
      ? (deployment.approval_expires_at ??
        new Date(now.getTime() + approvals.expires_seconds * 1000).toISOString())
      : undefined;
  const waitsFor = blocks.map((block) =>
    block.rule === 'approval' && expires !== undefined ? { ...block, until: expires } : block,
  );
  const message = waitsFor.map((block) => block.message).join(' ');
  const known = deployment.waits_for.map((block) => block.message).join(' ');
  const changed =
    status === deployment.status && message === known
      ? deployment
      : stepped(deployment, { status, message, at: now });
  return {
    ...changed,
    stage: needsApproval ? 'awaiting approval' : `waiting (${waitsFor.map(({ rule }) => rule).join(', ')})`,
    waits_for: waitsFor,
    approval_expires_at: expires,
  };
}
