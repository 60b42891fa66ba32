/** Nothing is promised that is not there: codes that nobody throws, commands that the CLI does not have. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GROUPS, SINGLES } from '../../lib/cli/commands.ts';
import { ERRORS } from '../../lib/domain/error-codes.ts';
import { FailureCode } from '../../lib/domain/execution/model/run.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const sources = globSync('{lib,functions,stepfunctions}/**/*.{ts,yaml}', { cwd: ROOT }).map((file) => ({
  file,
  text: readFileSync(join(ROOT, file), 'utf8'),
}));

describe('each error code', () => {
  const thrown = sources.filter(
    ({ file }) => file !== 'lib/domain/error.ts' && !file.startsWith('lib/contract/routes/'),
  );

  test.each(Object.keys(ERRORS))('%s is thrown somewhere', (code) => {
    expect(thrown.some(({ text }) => new RegExp(`['"]${code}['"]`).test(text))).toBe(true);
  });

  test.each(FailureCode.options)('%s of a failed job is given somewhere', (code) => {
    const given = sources.filter(({ file }) => file !== 'lib/domain/execution/model/run.ts');
    expect(given.some(({ text }) => new RegExp(`['"]${code}['"]`).test(text))).toBe(true);
  });
});

test('each command that a message advises is one of the CLI', async () => {
  const groups = await Promise.all(GROUPS.map(async ({ name, load }) => [name, await load()] as const));
  const singles = await Promise.all(SINGLES.map(async ({ load }) => (await load()).name));
  const known = new Map(groups.map(([name, { commands }]) => [name, commands.map((each) => each.name)]));
  const advised = sources.flatMap(({ file, text }) =>
    // In a message, and not in a comment: `staithe build create`, `staithe login`.
    [
      ...text
        .replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
        .matchAll(/(?<![\w/.'"-])staithe ([a-z]+(?:-[a-z]+)*)(?: ([a-z]+(?:-[a-z]+)*))?(?![a-z:])/g),
    ].map(([words, first = '', second]) => ({ file, words, first, second })),
  );

  const wrong = advised.filter(({ first, second }) => {
    const verbs = known.get(first);
    if (verbs === undefined) return !singles.includes(first) && first !== 'help' && first !== 'start';
    return second !== undefined && !verbs.includes(second);
  });

  expect(advised.length).toBeGreaterThan(20);
  expect(wrong.map(({ file, words }) => `${file}: ${words}`)).toEqual([]);
});
