/** Every example that `--help` shows is run, in a scratch copy of the checkout. */

import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GROUPS, SINGLES } from '../../lib/cli/commands.ts';
import { type Staithe, sharedStaithe } from '../system/server.ts';
import { runnable } from './runnable.ts';
import { type Samples, Scratch } from './scratch.ts';

/** Commands of `--help` that end with another code than 0 here, and rightly. */
const OTHER_CODES: readonly (readonly [RegExp, code: number, reason: string])[] = [
  [/^staithe (build|run) cancel/, 5, 'the run has ended'],
  [/^staithe artifact delete/, 5, 'a release has it'],
  [/^staithe build run .*--failed/, 5, 'no job has failed'],
  [/^staithe rollback/, 5, 'nothing was deployed before'],
  [/^staithe environment delete/, 5, 'another environment comes after it'],
  [/^staithe deployment cancel/, 5, 'the deployment has ended'],
  [/^staithe deployment (approve|reject)/, 3, 'the token belongs to a service'],
];

/** What takes things away comes last, so that the other examples find them. */
const TAKES_AWAY =
  /^staithe (artifact delete|secret delete|cache purge|environment delete|token revoke|subscription (disable|delete)|logout)/;

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe?.[Symbol.asyncDispose]());

describe('the examples of', needs('bash'), () => {
  test('--help run', async () => {
    const commands = [
      ...(await Promise.all(GROUPS.map(async ({ load }) => (await load()).commands))).flat(),
      ...(await Promise.all(SINGLES.map(({ load }) => load()))),
    ];
    const all = commands.flatMap(({ examples }) => examples);
    using scratch = new Scratch(staithe);
    const inScratch = (example: string, samples: Samples) => runnable(example, samples, scratch.folder);
    const [first = '', ...rest] = all.filter((example) => inScratch(example, new Map()) !== '');
    expect(await scratch.bash(first)).toMatchObject({ code: 0 });
    const samples = await scratch.makeSamples('hello');
    const rank = (line: string) =>
      line.startsWith('staithe project delete')
        ? 3
        : TAKES_AWAY.test(line)
          ? /delete/.test(line)
            ? 2
            : 1
          : 0;
    const ordered = rest.toSorted((a, b) => rank(a) - rank(b));

    const { said } = await scratch.bash(
      ordered
        .map(
          (example) =>
            `( ${inScratch(example, samples).replace('examples/hello ', 'examples/hello-function ')} ) 2>&1\necho "@@ $? ${example.replaceAll(/["$`\\]/g, '')}"`,
        )
        .join('\n'),
    );

    const ends = [...said.matchAll(/([\s\S]*?)@@ (\d+) (.*)\n/g)].map(([, output, code, example = '']) => {
      const wanted = OTHER_CODES.find(([pattern]) => pattern.test(example))?.[1] ?? 0;
      return { example, output, ok: Number(code) === wanted, code };
    });
    expect(ends.length).toBe(ordered.length);
    expect(
      ends.filter(({ ok }) => !ok),
      'These examples of --help (lib/cli/*/*.ts) fail.',
    ).toEqual([]);
  });
});
