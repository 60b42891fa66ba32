/** How a new version gets its traffic: options of all targets whose traffic can be divided. */
import type { Environment } from '../../api/resources.ts';
import { DURATIONS, durationText, secondsOf } from '../../command/duration.ts';
import { decimal, list } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';

export const trafficOptions = {
  step: list(
    '--step <percent[:bake]>',
    `Share of the traffic that a new version gets first, and how long it is watched (${DURATIONS}), e.g. 10:5m; \`none\` clears`,
  ),
  maxErrors: decimal(
    '--max-errors <percent>',
    'Share of failed requests at which a new version is taken back while it is watched (default: 5)',
  ),
} as const;

type Step = Extract<Environment['target'], { kind: 'lambda' }>['steps'][number];

/** `<percent>[:<duration>]`. The server checks the percentages. @throws Failure usage */
export function stepOf(input: string): Step {
  const [, percent, bake] = /^(\d+)%?(?::(.+))?$/.exec(input) ?? [];
  if (percent === undefined)
    throw usageFailure(`--step '${input}' is not a valid step.`, 'Use a percentage and a time, e.g. 10:5m.');
  return { percent: Number(percent), bake_seconds: secondsOf('--step', bake) ?? 0 };
}

export const stepText = ({ percent, bake_seconds: bake }: Step): string =>
  bake === 0 ? `${percent} %` : `${percent} % for ${durationText(bake)}`;
