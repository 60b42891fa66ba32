/** `--since`: a time, or how long ago it was. */
import { usageFailure } from '../failure.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns the time in ISO 8601 and UTC. @throws Failure usage */
export function sinceTime(given: string, now = Date.now()): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  const isTime = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)/.test(given);
  const at =
    count === undefined
      ? isTime
        ? Date.parse(given)
        : Number.NaN
      : now - Number(count) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(at) || at < 0)
    throw usageFailure(
      `--since '${given}' is no time.`,
      'Give how long ago, e.g. 30s, 10m, 2h or 7d, or a time, e.g. 2026-11-21T09:30:00Z.',
    );
  return new Date(at).toISOString();
}
