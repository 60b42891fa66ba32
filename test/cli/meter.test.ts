/** Claims on what a transfer says of itself while it runs. */
import { expect, test } from 'vitest';
import { meter } from '../../lib/cli/terminal/meter.ts';
import type { Terminal } from '../../lib/cli/terminal/terminal.ts';

const MIB = 1024 * 1024;

/** A terminal that keeps what it is told, and a clock under the test's hand. */
function watched(total: number, before = 0) {
  const lines: string[] = [];
  let at = 0;
  const silent = () => undefined;
  const terminal: Terminal = {
    json: false,
    print: silent,
    event: silent,
    note: silent,
    progress: (stage, detail = '') => lines.push(`${stage} ${detail}`.trim()),
    done: silent,
    onInterrupt: silent,
    interrupted: silent,
  };
  const show = meter(terminal, 'Uploading', total, before, () => at);
  return {
    lines,
    at(milliseconds: number, done: number) {
      at = milliseconds;
      show(done);
      return lines.at(-1);
    },
  };
}

test('a transfer shows its share, its rate and the time that is left', () => {
  const { at, lines } = watched(100 * MIB);

  const shown = [at(1000, 10 * MIB), at(2000, 30 * MIB), at(4000, 100 * MIB)];

  expect(lines[0]).toBe('Uploading');
  expect(shown).toEqual([
    'Uploading [##..................] 10% of 100.0 MiB, 10.0 MiB/s, 9s left',
    'Uploading [######..............] 30% of 100.0 MiB, 15.0 MiB/s, 5s left',
    'Uploading [####################] 100% of 100.0 MiB, 25.0 MiB/s',
  ]);
});

test('the rate follows the line: what was slow a while ago no longer counts', () => {
  const { at } = watched(1000 * MIB);
  for (let second = 1; second <= 10; second++) at(second * 1000, second * MIB);

  const shown = [11, 12, 13, 14].map((second) => at(second * 1000, (10 + (second - 10) * 100) * MIB));

  expect(shown.at(-1)).toContain('100.0 MiB/s');
});

test('what was there before counts for the share and not for the rate', () => {
  const { at } = watched(100 * MIB, 50 * MIB);

  expect(at(1000, 60 * MIB)).toBe('Uploading [############........] 60% of 100.0 MiB, 10.0 MiB/s, 4s left');
});

test('a small transfer has no bar, and a fast one is not shown more than ten times a second', () => {
  const [small, fast] = [watched(1000), watched(100 * MIB)];

  small.at(1000, 500);
  for (let at = 0; at < 1000; at++) fast.at(at, at * 1000);

  expect(small.lines).toEqual(['Uploading']);
  expect(fast.lines.length).toBeLessThanOrEqual(11);
});
