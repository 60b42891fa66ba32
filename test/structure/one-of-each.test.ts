/** A mechanism is written once: a second copy would differ from the first some day. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

const MECHANISMS: readonly (readonly [string, RegExp, readonly string[]])[] = [
  ['tells a loopback address from others', /\b127\(|\^\(?127|startsWith\('127/, ['lib/domain/loopback.ts']],
  [
    'computes a backoff',
    /\b2 \*\* \(?(Math\.min\()?\(?(attempt|retries|tries|failed)/,
    ['lib/contract/retry.ts'],
  ],
  ['draws a random pause', /Math\.random\(\) \* /, ['lib/contract/retry.ts']],
  ['names the tag of a project', /staithe:project/, ['lib/domain/owner-tag.ts']],
];

test.each(MECHANISMS)('one file of the product %s', (_, pattern, files) => {
  const found = globSync('{bin,functions,lib}/**/*.{ts,mjs}', { cwd: ROOT }).filter((file) =>
    pattern.test(readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')),
  );

  expect(found.filter((file) => !files.includes(file))).toEqual([]);
});
