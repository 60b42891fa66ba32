import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../src/events/schedule.ts';

const next = (expression: string, after: string, origin = after) => {
  const time = parseSchedule(expression).next(Date.parse(after), Date.parse(origin));
  return time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);
};

describe('a schedule expression', () => {
  // 2026-01-01 is a Thursday.
  it.each([
    ['rate(5 minutes)', '2026-01-01T00:07:00Z', '2026-01-01T00:12'],
    ['cron(0 10 * * ? *)', '2026-01-01T10:00:00Z', '2026-01-02T10:00'],
    ['cron(15 12 * * ? *)', '2026-01-01T10:00:00Z', '2026-01-01T12:15'],
    ['cron(0 18 ? * MON-FRI *)', '2026-01-02T18:00:00Z', '2026-01-05T18:00'],
    ['cron(0 8 1 * ? *)', '2026-01-01T09:00:00Z', '2026-02-01T08:00'],
    ['cron(0/15 * * * ? *)', '2026-01-01T00:14:59Z', '2026-01-01T00:15'],
    ['cron(0/5 8-17 ? * MON-FRI *)', '2026-01-01T17:56:00Z', '2026-01-02T08:00'],
    ['cron(0 9 ? * 2#1 *)', '2026-01-01T00:00:00Z', '2026-01-05T09:00'],
    ['cron(0 0 L * ? *)', '2026-02-01T00:00:00Z', '2026-02-28T00:00'],
    ['cron(0 0 ? * 6L *)', '2026-01-01T00:00:00Z', '2026-01-30T00:00'],
    ['cron(0 0 3W * ? *)', '2026-01-01T00:00:00Z', '2026-01-02T00:00'],
    ['cron(30 6 29 2 ? *)', '2026-01-01T00:00:00Z', '2028-02-29T06:30'],
    ['cron(0 0 1 1 ? 2020-2025)', '2026-01-01T00:00:00Z', undefined],
    ['cron(0 22 ? * FRI-MON *)', '2026-01-04T23:00:00Z', '2026-01-05T22:00'],
  ])('%s after %s fires at %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it.each([
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(0 days)',
    'cron(0 10 * * * *)',
    'cron(0 10 ? * ? *)',
    'cron(61 10 * * ? *)',
    'cron(0 10 * * ?)',
    'every day',
  ])('%s is refused', (expression) => {
    expect(() => parseSchedule(expression)).toThrow('Parameter ScheduleExpression is not valid.');
  });
});
