import { expect, it } from 'vitest';
import { type LogEvent, LogLines } from '../../src/lambda/log-lines.ts';

const line = (message: string, timestamp = 1): LogEvent => ({ timestamp, message });

function allOf(lines: LogLines): LogEvent[][] {
  const batches: LogEvent[][] = [];
  while (!lines.isEmpty) batches.push(lines.take());
  return batches;
}

it('are taken in batches as PutLogEvents takes them, in order', () => {
  const lines = new LogLines();
  const many = Array.from({ length: 25_000 }, (_, at) => line(String(at)));
  for (const each of many) lines.push(each);
  lines.push(line('x'.repeat(900_000)));
  lines.push(line('y'.repeat(900_000)));

  const batches = allOf(lines);

  expect(batches.map((batch) => batch.length)).toEqual([10_000, 10_000, 5_000, 1, 1]);
  expect(batches.flat().slice(0, 25_000)).toEqual(many);
});

it('are dropped when too many wait, and how many were is told in their place', () => {
  const lines = new LogLines(400);
  const [one, two, three, four] = ['1', '2', '3', '4'].map((each) => line(each.repeat(150), 7));
  for (const each of [one, two, three, four]) if (each) lines.push(each);

  const first = lines.take();
  lines.push(line('five', 8));

  expect(first).toEqual([one, two]);
  expect(allOf(lines).flat()).toEqual([
    line('Log lines dropped here: 2. They came faster than they could be stored.', 7),
    line('five', 8),
  ]);
});

it('are taken also when one is longer than may wait', () => {
  const lines = new LogLines(10);

  lines.push(line('longer than ten bytes'));

  expect(allOf(lines)).toEqual([[line('longer than ten bytes')]]);
});
