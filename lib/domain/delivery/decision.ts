/** What came of a delivery in one of the projects of its repository. Pure. */
import type { Decision, Delivery } from './schema.ts';

const WAITING: Decision = { kind: 'received', reason: 'Waiting for the trigger workflow.' };

/** Of deliveries that do not say it for each project, the one decision holds for all. */
export function decisionIn(
  { decision, outcomes, retry_at: retryAt }: Pick<Delivery, 'decision' | 'outcomes' | 'retry_at'>,
  projectId: string,
): Decision {
  if (outcomes.length === 0) return decision;
  const outcome = outcomes.find((each) => each.project_id === projectId);
  if (outcome === undefined)
    return retryAt === undefined ? WAITING : { ...WAITING, reason: `The next attempt is at ${retryAt}.` };
  const { project_id: _, ...projectDecision } = outcome;
  return projectDecision;
}

/**
 * The delivery as projects see it: nothing of what came of it in others.
 * @param projectIds of its projects those that are seen, of which the first decides
 */
export function projectView<D extends Delivery>(delivery: D, projectIds: readonly [string, ...string[]]): D {
  const isSeen = ({ project_id: id }: { readonly project_id: string }) => projectIds.includes(id);
  return {
    ...delivery,
    decision: decisionIn(delivery, projectIds[0]),
    outcomes: delivery.outcomes.filter(isSeen),
    builds: delivery.builds.filter(isSeen),
  };
}
