/** How a version does with the traffic that it has: whether its processes stay, and what they answer. */
import type { Watched } from '../../domain/ports/targets.ts';
import type { Version } from './group.ts';

/** Percent of responses that may be server errors where the target does not say. */
const MAX_ERROR_PERCENT = 5;
const MINUTE = 60_000;

/** @returns the first thing that speaks against it, in a sentence */
export function faultOf(
  { Version: version, Exits, Answers }: Version,
  { since, isBaking }: Watched,
  maxErrorPercent: number = MAX_ERROR_PERCENT,
): string | undefined {
  const ended = Exits.filter(({ At }) => At >= since);
  const last = ended.at(-1);
  if (last !== undefined) {
    const times = ended.length === 1 ? 'once' : `${ended.length} times`;
    return `Processes of version ${version} ended ${times}, at last replica ${last.Replica}: ${last.Reason}.`;
  }
  if (!isBaking) return undefined;
  const counted = Answers.filter(({ Minute }) => Minute + MINUTE > since);
  const total = counted.reduce((sum, { Total }) => sum + Total, 0);
  const errors = counted.reduce((sum, { ServerErrors }) => sum + ServerErrors, 0);
  if (errors === 0 || (100 * errors) / total <= maxErrorPercent) return undefined;
  return `${errors} of ${total} responses of version ${version} were server errors; ${maxErrorPercent} % were allowed.`;
}
