/** Durations on the command line. */
import { usageFailure } from '../failure/failure.ts';

/** The accepted formats, for the help of an option. */
export const DURATIONS = 'a number with a unit, e.g. 90s, 30m, 12h or 7d';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * @param flag the option, for the error
 * @returns seconds; undefined for an option that is absent
 * @throws Failure usage
 */
export function secondsOf(flag: string, input: string | undefined): number | undefined {
  if (input === undefined) return undefined;
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(input) ?? [];
  if (count === undefined)
    throw usageFailure(`${flag} '${input}' is not a valid duration.`, `Use ${DURATIONS}.`);
  return Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
}

/** `1800` → `30m`: in the largest unit that divides it. */
export function durationText(seconds: number): string {
  const [unit = 's', size = 1] =
    Object.entries(UNIT_SECONDS)
      .reverse()
      .find(([, length]) => seconds >= length && seconds % length === 0) ?? [];
  return `${seconds / size}${unit}`;
}
