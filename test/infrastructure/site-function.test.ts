/** The function at the edge, and what deployments write for it, are of one mind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { type LiveVersion, rootOf } from '../../lib/aws/sites/layout.ts';
import { isImmutable, StaticTarget } from '../../lib/domain/target/static.ts';

const code = readFileSync(
  join(import.meta.dirname, '..', '..', 'lib', 'infrastructure', 'site-function.js'),
  'utf8',
);

/** What the function says of a path. */
function atEdge(path: string, folders: readonly string[]): unknown {
  const context = createContext({ cf: { kvs: () => ({}) }, path, folders });
  runInContext(code.replace(/^import .*$/m, ''), context);
  return runInContext('isImmutable(path, folders)', context);
}

test('it takes the same files for immutable as deployments do', () => {
  const folder = fc.constantFrom('assets/', '_next/static/', 'a/');
  const part = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
  const path = fc.tuple(fc.option(folder, { nil: '' }), part, fc.option(part, { nil: 'js' }));
  const named = path.map(([before, name, end]) => `${before}${name}.${end}`);

  fc.assert(
    fc.property(named, fc.array(folder, { maxLength: 2 }), (file, folders) => {
      expect(atEdge(file, folders)).toBe(isImmutable(file, folders));
    }),
  );
  expect(isImmutable('assets/app-DiwrgTda.js', ['assets/'])).toBe(true);
  expect(isImmutable('assets/logo.svg', ['assets/'])).toBe(false);
  expect(isImmutable('app-DiwrgTda.js', ['assets/'])).toBe(false);
});

test('it fits into 10 KB, and what it reads of the longest target into 1 KB', () => {
  const label = 'x'.repeat(63);
  const target = StaticTarget.parse({
    kind: 'static',
    site: [label, label, label, 'x'.repeat(61)].join('.'),
    index: 'x'.repeat(64),
    immutable: Array.from({ length: 10 }, () => `${'x'.repeat(47)}/`),
  });
  const live: LiveVersion = {
    root: rootOf({ projectId: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3', target }),
    version: '0'.repeat(32),
    index: target.index,
    spa: false,
    immutable: target.immutable,
  };

  expect(Buffer.byteLength(code)).toBeLessThan(10_240);
  expect(z.string().max(1024).safeParse(JSON.stringify(live)).success).toBe(true);
});
