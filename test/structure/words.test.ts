/** Identifiers have none of the words that docs/style.md replaces: each of them once had several meanings. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Former names that are still read or sent for one version, and names that others have made. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  'heard_at',
  'place',
  'doubts',
  'STAITHE_PATIENCE',
  'allSettled',
  'EAI_AGAIN',
]);

/** The words in backticks in the left column of the table of names. */
function replacedWords(): ReadonlySet<string> {
  const page = readFileSync(join(ROOT, 'docs', 'style.md'), 'utf8');
  const [, table = ''] = page.split('| in names, never | always |');
  const [rows = ''] = table.split('\n\n');
  return new Set(
    rows
      .split('\n')
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, word = '']) => word)),
  );
}

/** Without comments and texts. */
const codeOf = (source: string): string =>
  source.replace(
    /\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gm,
    "''",
  );

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');

test('identifiers have none of the words that docs/style.md replaces', () => {
  const replaced = replacedWords();

  const found = globSync('{bin,functions,lib,stepfunctions}/**/*.{ts,mjs}', { cwd: ROOT }).flatMap((file) =>
    [...new Set(codeOf(readFileSync(join(ROOT, file), 'utf8')).match(/[A-Za-z_]\w*/g))]
      .filter((name) => !EXCEPTIONS.has(name) && wordsOf(name).some((word) => replaced.has(word)))
      .map((name) => `${file}: ${name}`),
  );

  expect(replaced.size).toBeGreaterThan(20);
  expect(found).toEqual([]);
});
