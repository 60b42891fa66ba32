import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitting, wireBytes } from '../../../lib/domain/log/size.ts';

const line = fc.record({
  timestamp: fc.nat({ max: 100 }),
  message: fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.nat({ max: 500 }).map((count) => '\u0001'.repeat(count)),
  ),
});
const list = fc
  .array(line, { maxLength: 20 })
  .map((lines) => lines.sort((a, b) => a.timestamp - b.timestamp));

test('what fits is never more than the limit, but for the one oldest line that any page has', () => {
  fc.assert(
    fc.property(fc.array(list, { maxLength: 6 }), fc.integer({ min: 1, max: 20_000 }), (lists, limit) => {
      const taken = fitting(lists, limit);

      const given = lists.flatMap((lines, index) => lines.slice(0, taken[index]));
      const bytes = given.reduce((sum, one) => sum + wireBytes(one), 0);
      if (given.length > 1) expect(bytes).toBeLessThanOrEqual(limit);
      if (lists.flat().length > 0) expect(given.length).toBeGreaterThan(0);
    }),
  );
});

test('all is taken when all fits', () => {
  fc.assert(
    fc.property(fc.array(list, { maxLength: 6 }), (lists) => {
      expect(fitting(lists, 10_000_000)).toEqual(lists.map((lines) => lines.length));
    }),
  );
});

test('a list whose lines are small has its share beside one whose lines are large', () => {
  const large = Array.from({ length: 100 }, () => ({ timestamp: 1, message: 'x'.repeat(10_000) }));
  const small = Array.from({ length: 100 }, () => ({ timestamp: 2, message: 'x' }));

  const [, taken] = fitting([large, small], 200_000);

  expect(taken).toBe(100);
});
