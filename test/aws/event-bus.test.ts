/** How events are shared out among requests: ten, and 256 KB together (PutEvents reference). */
import { expect, test } from 'vitest';
import { batchesOf } from '../../lib/aws/event-bus.ts';

const entry = (bytes: number) => ({ Source: 's', DetailType: 't', Detail: 'x'.repeat(bytes - 16) });
const sizes = (...bytes: number[]) => batchesOf(bytes.map(entry)).map((batch) => batch.length);
const KB = 1024;

test.each([
  ['none', [], []],
  ['ten small ones', Array<number>(10).fill(100), [10]],
  ['eleven small ones', Array<number>(11).fill(100), [10, 1]],
  ['four of 64 KB, to the byte', Array<number>(4).fill(64 * KB), [4]],
  ['five of 64 KB', Array<number>(5).fill(64 * KB), [4, 1]],
  ['one more byte', [64 * KB + 1, ...Array<number>(3).fill(64 * KB)], [3, 1]],
])('%s', (_, bytes, batches) => {
  expect(sizes(...bytes)).toEqual(batches);
});

test('bytes count, not characters', () => {
  const euro = { Source: 's', DetailType: 't', Detail: '€'.repeat(50 * KB) };

  expect(batchesOf([euro, euro]).map((batch) => batch.length)).toEqual([1, 1]);
});
