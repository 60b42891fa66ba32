import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/stepfunctions/query.ts';

const run = (source: string, bindings: Record<string, unknown> = {}) =>
  evaluate(`{% ${source} %}`, 'Output', bindings);

describe("Step Functions' own functions", () => {
  it.each<[string, unknown]>([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([], 2)', []],
    ['$range(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$hash("input data", "SHA-1")', 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['$parse("{\\"a\\": [1]}")', { a: [1] }],
    ['$random(42) = $random(42)', true],
    ['$length($uuid())', 36],
  ])('%s', async (source, expected) => {
    expect(await run(source)).toEqual(expected);
  });

  it.each(['$hash("x", "CRC")', '$range(1, 2, 0)', '$parse("{")', '$partition([1], 0)', '$error("mine")'])(
    '%s fails with States.QueryEvaluationError',
    async (source) => {
      await expect(run(source)).rejects.toMatchObject({ error: 'States.QueryEvaluationError' });
    },
  );

  it('$random is in [0, 1) for every seed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const number = await run(`$random(${seed})`);
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }),
    );
  });
});

describe('an expression', () => {
  it('has plain JSON as its result: a one-item list stays a list in the next expression', async () => {
    const list = await run('[$v[0]]', { v: ['only'] });

    expect(await run('{"same": $list, "count": $count($list)}', { list })).toEqual({
      same: ['only'],
      count: 1,
    });
  });

  it('gives any JSON back as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const states = { input: JSON.parse(JSON.stringify(value)) };
        expect(await run('$states.input', { states })).toEqual(states.input);
      }),
    );
  });

  it('that gives a function fails', async () => {
    await expect(run('function($x) { $x }')).rejects.toMatchObject({ error: 'States.QueryEvaluationError' });
  });

  it('that never ends is given up', async () => {
    const endless = '($f := function($n) { $f($n + 1) + 1 }; $f(0))';

    await expect(run(endless)).rejects.toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});
