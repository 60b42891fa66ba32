/** Times as people tell them, for `--since` and `--until` of whatever command. */
import { usageFailure } from './failure.ts';

/** What is understood, for the help of an option. */
export const TIMES =
  '30s, 90m, 12h or 7d ago, a date such as 2026-11-21 (its midnight), or a time such as 2026-11-21T09:30:00Z; ' +
  'without a zone they are of this machine';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d{1,6})([smhd])$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDate(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

/** Milliseconds since 1970, or NaN. */
function millisecondsOf(told: string, now: number): number {
  const [, count, unit = ''] = AGO.exec(told) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  const [, date, time = '00:00:00', zone = ''] = TIME.exec(told) ?? [];
  return date === undefined || !isDate(date) ? Number.NaN : Date.parse(`${date}T${time}${zone}`);
}

/**
 * @param flag that it was told with
 * @returns the time in ISO 8601 and UTC; what lies before 1970, where nothing is, as its beginning
 * @throws Failure usage
 */
export function timeOf(flag: string, told: string, now = Date.now()): string {
  const at = millisecondsOf(told, now);
  if (Number.isNaN(at))
    throw usageFailure(
      `${flag} '${told}' is no time.`,
      `Give ${flag} as how long ago (30s, 90m, 12h, 7d), or as a date or time such as 2026-11-21 or 2026-11-21T09:30:00Z.`,
    );
  return new Date(Math.max(0, at)).toISOString();
}
