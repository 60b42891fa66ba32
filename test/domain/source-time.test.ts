import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIXED_SECONDS } from '../../lib/archive/reproducible.ts';
import { sourceTime } from '../../lib/domain/source/time.ts';

const digests = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `sha256:${Buffer.from(bytes).toString('hex')}`);

describe('the time of a source', () => {
  test('is of 1980, later than what a cache restores, and one that zip can write in every time zone', () => {
    fc.assert(
      fc.property(digests, fc.integer({ min: -12, max: 14 }), (digest, zone) => {
        const seconds = sourceTime(digest);

        expect(new Date(seconds * 1000).getUTCFullYear()).toBe(1980);
        expect(seconds).toBeGreaterThan(FIXED_SECONDS);
        expect(new Date((seconds + zone * 3600) * 1000).getUTCFullYear()).toBeGreaterThanOrEqual(1980);
        expect(seconds % 2).toBe(0);
      }),
    );
  });

  test('is another one of another content', () => {
    fc.assert(
      fc.property(fc.uniqueArray(digests, { minLength: 20, maxLength: 20 }), (many) => {
        const times = new Set(many.map(sourceTime));

        // Of 20 two are alike once in 80,000 such sets.
        expect(times.size).toBeGreaterThanOrEqual(19);
      }),
    );
  });
});
