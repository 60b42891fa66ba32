/** Times on the command line, for `--since` and `--until`. */
import { usageFailure } from '../failure/failure.ts';

/** The accepted formats, for the help of an option. */
export const TIMES =
  'an age such as 30s, 90m, 12h or 7d, a date such as 2026-11-21 (from midnight), or a time such as ' +
  '2026-11-21T09:30:00Z; the default time zone is that of this machine';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d{1,6})([smhd])$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDate(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

/** Milliseconds since 1970, or NaN. */
function millisecondsOf(input: string, now: number): number {
  const [, count, unit = ''] = AGO.exec(input) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  const [, date, time = '00:00:00', zone = ''] = TIME.exec(input) ?? [];
  return date === undefined || !isDate(date) ? Number.NaN : Date.parse(`${date}T${time}${zone}`);
}

/**
 * @param flag the option, for the error
 * @returns ISO 8601 in UTC, at least the start of 1970
 * @throws Failure usage
 */
export function timeOf(flag: string, input: string, now = Date.now()): string {
  const at = millisecondsOf(input, now);
  if (Number.isNaN(at))
    throw usageFailure(
      `${flag} '${input}' is not a valid time.`,
      `Use an age (30s, 90m, 12h, 7d), a date (2026-11-21) or a time (2026-11-21T09:30:00Z).`,
    );
  return new Date(Math.max(0, at)).toISOString();
}
