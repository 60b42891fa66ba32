/** Claims on the times that `--since` and `--until` take. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { timeOf } from '../../lib/cli/command/time.ts';

const NOW = Date.parse('2026-11-21T09:30:00Z');

describe('in a zone that is an hour before UTC, a time told as', () => {
  beforeAll(() => void vi.stubEnv('TZ', 'Europe/Berlin'));
  afterAll(() => void vi.unstubAllEnvs());

  test.each([
    ['30s', '2026-11-21T09:29:30.000Z'],
    ['90m', '2026-11-21T08:00:00.000Z'],
    ['12h', '2026-11-20T21:30:00.000Z'],
    ['7d', '2026-11-14T09:30:00.000Z'],
    ['2026-11-21', '2026-11-20T23:00:00.000Z'],
    ['2026-11-21T09:30', '2026-11-21T08:30:00.000Z'],
    ['2026-11-21 09:30:15', '2026-11-21T08:30:15.000Z'],
    ['2026-11-21 09:30Z', '2026-11-21T09:30:00.000Z'],
    ['2026-11-21T09:30:00.123456+02:00', '2026-11-21T07:30:00.123Z'],
    ['999999d', '1970-01-01T00:00:00.000Z'],
  ])('%s is %s', (told, meant) => {
    expect(timeOf('--since', told, NOW)).toBe(meant);
  });

  test.each(['', 'yesterday', '7w', '-1d', '2026', '2026-13-01', '2026-02-30', '2026-11-21T25:00', '09:30'])(
    '%j is none',
    (told) => {
      expect(() => timeOf('--until', told, NOW)).toThrow(`--until '${told}' is not a valid time.`);
    },
  );
});
