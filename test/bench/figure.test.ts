import { expect, test } from 'vitest';
import {
  type Figure,
  figuresAsJson,
  figureTable,
  headlineTable,
  type Reports,
  summary,
} from '../../bench/figure.ts';

const FIGURE: Figure = {
  what: 'POST build → first command',
  unit: 'ms',
  samples: [90, 100, 140],
  beside: { what: 'starting Node', samples: [30, 50, 35] },
  aim: '≤ 2 ×',
  headline: true,
};
const REPORTS: Reports = [
  ['first-command', { figures: [FIGURE, { what: 'answered', unit: 'ms', samples: [4] }] }],
];

test('a figure is summed up by its median, all that was seen of few rounds, and the middle 80 % of many', () => {
  const few = summary([3, 1, 2]);
  const many = summary(Array.from({ length: 11 }, (_, index) => index));

  expect(few).toEqual({ median: 2, low: 1, high: 3 });
  expect(many).toEqual({ median: 5, low: 1, high: 9 });
});

test('a ratio is that of samples measured in turns, not of their medians', () => {
  const [figure] = figuresAsJson(REPORTS);

  // 90 / 30, 100 / 50, 140 / 35
  expect(figure?.beside).toEqual({ what: 'starting Node', median: 3, low: 2, high: 4 });
});

test('tables show the value, its spread, and the ratio beside its yardstick with the spread of the ratio', () => {
  const table = figureTable(REPORTS).split('\n');

  expect(table[2]).toBe(
    '| first-command | POST build → first command | ms | 100 | 90.0–140 | 3.00 × starting Node (2.00–4.00) | 3 | ≤ 2 × |',
  );
  expect(table[3]).toBe('| first-command | answered | ms | 4.00 | 4.00–4.00 |  | 1 |  |');
});

test('the summary has the headline figures alone', () => {
  const rows = headlineTable(REPORTS).trim().split('\n').slice(2);

  expect(rows).toEqual([
    '| POST build → first command | 100 ms (90.0–140) | 3.00 × starting Node (2.00–4.00) | ≤ 2 × |',
  ]);
});

test('programs get every figure with its ratio', () => {
  const [first, second] = figuresAsJson(REPORTS);

  expect(first).toMatchObject({ bench: 'first-command', median: 100, low: 90, high: 140, rounds: 3 });
  expect(second).toEqual({
    bench: 'first-command',
    what: 'answered',
    unit: 'ms',
    median: 4,
    low: 4,
    high: 4,
    rounds: 1,
  });
});
