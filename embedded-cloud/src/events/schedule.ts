/** Schedule expressions of rules: `rate(5 minutes)` and `cron(0 18 ? * MON-FRI *)`, in UTC. */
import { invalidSchedule, parseCron, type Schedule } from './cron.ts';

export type { Schedule } from './cron.ts';

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** @throws AwsError ValidationException */
export function parseSchedule(expression: string): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate) {
    const [, count = '', unit = '', plural = ''] = rate;
    const value = Number(count);
    // `rate(1 hours)` and `rate(5 minute)` are errors on AWS too.
    if (value < 1 || (value === 1) !== (plural === '')) throw invalidSchedule();
    return everyMilliseconds(value * (UNIT_MS[unit] ?? 0));
  }
  const cron = /^cron\((.+)\)$/.exec(expression);
  if (cron?.[1] !== undefined) return parseCron(cron[1]);
  throw invalidSchedule();
}

function everyMilliseconds(period: number): Schedule {
  return {
    next: (after, origin) => origin + (Math.floor(Math.max(after - origin, 0) / period) + 1) * period,
  };
}
