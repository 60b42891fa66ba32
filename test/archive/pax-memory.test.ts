import { expect, test } from 'vitest';
import { decodePax } from '../../lib/archive/tar-header.ts';

test('a pax header keeps no more than a few records, however many it invents', () => {
  const records = Array.from({ length: 50_000 }, (_, n) => {
    const rest = ` GNU.sparse.${String(n).padStart(6, '0')}=\n`;
    return `${rest.length + 2}${rest}`;
  });

  const kept = decodePax(Buffer.from(['11 path=ab\n', ...records].join('')));

  expect(kept.get('path')).toBe('ab');
  expect(kept.size).toBeLessThanOrEqual(4);
});
