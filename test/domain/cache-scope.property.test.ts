/** Who may read whose caches, for any builds that there may be. */

import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  groupOf,
  type Origin,
  readableScopes,
  type Scope,
  sortKeyOf,
  writtenScope,
} from '../../lib/domain/cache/scope.ts';

const RUNS = { numRuns: 2000 };
/** Few of them, so that they meet; and such as hold separators, or are what other things are called. */
const ref = fc.oneof(
  fc.constantFrom(
    'main',
    'release',
    'fork',
    'own',
    '',
    'main#x',
    'refs/pull/7/head',
    'refs/pull/8/head',
    '["main"]',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);
const origin: fc.Arbitrary<Origin> = fc.record({
  trust: fc.constantFrom('own' as const, 'fork' as const),
  branch: fc.option(ref, { nil: undefined }),
  forkRef: ref,
});
const kind = fc.record({
  service: fc.constantFrom('web', 'api'),
  matrix: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
  toolchain: fc.constantFrom('', 'node@24'),
});
const cache = fc.record({
  paths: fc.uniqueArray(fc.constantFrom('node_modules', '~/.npm', 'a,b', 'a', 'b'), { minLength: 1 }),
  key: fc.constantFrom('0'.repeat(64), '1'.repeat(64)),
  platform: fc.constantFrom('linux-arm64', 'linux-x64'),
});

/** Every address under which the reader would look: by exact key, and for the newest of its kind. */
function addressesRead(reader: Origin, defaultBranch: string, of: (scope: Scope) => string): string[] {
  return readableScopes(reader, defaultBranch).map(of);
}

test('what a fork has written is read by no own build, whatever anything is called', () => {
  fc.assert(
    fc.property(origin, origin, ref, kind, cache, (a, b, defaultBranch, what, one) => {
      const writer: Origin = { ...a, trust: 'fork' };
      const reader: Origin = { ...b, trust: 'own' };

      const places = addressesRead(reader, defaultBranch, (scope) => sortKeyOf(scope, what, one));
      const groups = addressesRead(reader, defaultBranch, (scope) => groupOf(scope, what, one));

      expect(places).not.toContain(sortKeyOf(writtenScope(writer), what, one));
      expect(groups).not.toContain(groupOf(writtenScope(writer), what, one));
    }),
    RUNS,
  );
});

test('what one pull request has written is read by no other', () => {
  fc.assert(
    fc.property(origin, origin, ref, kind, cache, (a, b, defaultBranch, what, one) => {
      fc.pre(a.forkRef !== b.forkRef);
      const [writer, reader]: Origin[] = [a, b].map((each) => ({ ...each, trust: 'fork' }));
      if (writer === undefined || reader === undefined) return;

      const groups = addressesRead(reader, defaultBranch, (scope) => groupOf(scope, what, one));

      expect(groups).not.toContain(groupOf(writtenScope(writer), what, one));
    }),
    RUNS,
  );
});

test('what an own branch has written is read by that branch, and by others only if it is the default one', () => {
  fc.assert(
    fc.property(origin, origin, ref, kind, cache, (a, b, defaultBranch, what, one) => {
      const writer: Origin = { ...a, trust: 'own' };
      const groups = addressesRead(b, defaultBranch, (scope) => groupOf(scope, what, one));

      const reads = groups.includes(groupOf(writtenScope(writer), what, one));

      const sameBranch = b.trust === 'own' && (writer.branch ?? '') === (b.branch ?? '');
      expect(reads).toBe(sameBranch || (writer.branch ?? '') === defaultBranch);
    }),
    RUNS,
  );
});

test('every build reads what it has written itself, before anything else', () => {
  fc.assert(
    fc.property(origin, ref, (build, defaultBranch) => {
      expect(readableScopes(build, defaultBranch)[0]).toEqual(writtenScope(build));
    }),
    RUNS,
  );
});

test('caches of other services, cells, toolchains, machines, paths or keys are never taken for one another', () => {
  fc.assert(
    fc.property(origin, kind, cache, kind, cache, (build, kindA, a, kindB, b) => {
      const scope = writtenScope(build);
      const textOf = (what: typeof kindA, one: typeof a) =>
        JSON.stringify([
          what.service,
          Object.entries(what.matrix).sort(),
          what.toolchain,
          one.platform,
          [...one.paths].sort(),
        ]);

      expect(groupOf(scope, kindA, a) === groupOf(scope, kindB, b)).toBe(
        textOf(kindA, a) === textOf(kindB, b),
      );
      expect(sortKeyOf(scope, kindA, a) === sortKeyOf(scope, kindB, b)).toBe(
        textOf(kindA, a) === textOf(kindB, b) && a.key === b.key,
      );
    }),
    RUNS,
  );
});

test('the sort key of a cache fits its limit, however long its branch', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), kind, cache, (branch, what, one) => {
      const key = sortKeyOf({ trust: 'own', ref: branch }, what, one);

      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
      expect(key).toMatch(/^[\x21-\x7e]+$/);
    }),
    RUNS,
  );
});
