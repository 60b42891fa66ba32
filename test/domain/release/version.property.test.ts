import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import Range from 'semver/classes/range.js';
import compareBuild from 'semver/functions/compare-build.js';
import { describe, expect, test } from 'vitest';
import { highest, spansOf, Version, versionKey } from '../../../lib/domain/release/version.ts';
import { anyRange, anyVersion } from './versions.ts';

const keyOf = (version: string): string => versionKey(version)?.key ?? '';

describe('the key of a version', () => {
  test('sorts as text by the precedence of semver', () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, (a, b) => {
        const byKey = keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0;

        // Of build metadata alone the order is ours.
        const [bare, other] = [a, b].map((version) => version.split('+')[0] ?? '');
        if (bare !== other) expect(byKey).toBe(compareBuild(a, b));
        if (a === b) expect(byKey).toBe(0);
      }),
      { numRuns: samples(2000) },
    );
  });
});

describe('the spans of a range', () => {
  test('have the versions that semver says satisfy it, and no others', () => {
    fc.assert(
      fc.property(anyRange, fc.array(anyVersion, { maxLength: 30 }), (range, versions) => {
        const spans = spansOf(new Range(range));

        const found = versions.filter((version) => {
          const { kind, key } = versionKey(version) ?? { kind: 'stable', key: '' };
          return spans.some((span) => span.kind === kind && span.from <= key && key <= span.to);
        });

        expect(found).toEqual(versions.filter((version) => new Range(range).test(version)));
        expect(highest(found)).toBe(highest(versions.filter((version) => new Range(range).test(version))));
      }),
      { numRuns: samples(4000) },
    );
  });

  test('do not overlap, so that a list has no version twice', () => {
    fc.assert(
      fc.property(anyRange, (range) => {
        const spans = spansOf(new Range(range));
        for (const a of spans)
          for (const b of spans)
            if (a !== b && a.kind === b.kind) expect(a.to < b.from || b.to < a.from).toBe(true);
      }),
      { numRuns: samples(1000) },
    );
  });
});

describe('a version', () => {
  test.each(['1.2.3', '0.0.0', '1.0.0-rc.1', '1.0.0-0.x-y', '1.0.0+build.01', '1.0.0-a+b'])('is %s', (text) =>
    expect(Version.safeParse(text).success).toBe(true),
  );

  test.each([
    'v1.2.3',
    '=1.2.3',
    ' 1.2.3',
    '1.2',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    '1.x',
    '^1.2.3',
    '',
    '9007199254740992.0.0',
  ])('is not %j', (text) => expect(Version.safeParse(text).success).toBe(false));
});
