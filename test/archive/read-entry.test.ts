import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readEntry } from '../../lib/archive/index.ts';
import { tarGz, tarPiece, zip } from './craft.ts';

const names = ['staithe.yaml', 'staithe.yml'];

describe('readEntry', () => {
  test.each([
    [
      'tar.gz',
      tarGz({ name: './src/staithe.yaml', content: 'wrong' }, { name: './staithe.yaml', content: 'right' }),
    ],
    ['zip', zip({ name: 'src/staithe.yaml', content: 'wrong' }, { name: 'staithe.yaml', content: 'right' })],
  ] as const)('finds a file at the root of a %s, and none below', async (format, bytes) => {
    const found = await readEntry(bytes, { format, names, maxBytes: 1000 });

    expect(found).toEqual({ name: 'staithe.yaml', bytes: Buffer.from('right') });
  });

  test('finds it below the folder that a git host wraps a tree in', async () => {
    const bytes = tarGz({ name: 'repo/staithe.yml', content: 'right' });

    const found = await readEntry(bytes, { format: 'tar.gz', stripComponents: 1, names, maxBytes: 1000 });

    expect(found?.name).toBe('staithe.yml');
  });

  test.each(['tar.gz', 'zip'] as const)(
    'prefers the name that was given first, whatever the order in a %s',
    async (format) => {
      const pieces = [
        { name: 'staithe.yml', content: 'second' },
        { name: 'staithe.yaml', content: 'first' },
      ];
      const bytes = format === 'zip' ? zip(...pieces) : tarGz(...pieces);

      const found = await readEntry(bytes, { format, names, maxBytes: 1000 });

      expect(found?.bytes.toString()).toBe('first');
    },
  );

  test('answers undefined when there is none', async () => {
    expect(
      await readEntry(tarGz({ name: 'a' }), { format: 'tar.gz', names, maxBytes: 1000 }),
    ).toBeUndefined();
  });

  test('stops reading a stream once the file is found', async () => {
    const tail = gzipSync(tarPiece({ name: 'large', content: randomBytes(8 * 1024 * 1024) }));
    let given = 0;
    const stream = Readable.from(
      (function* () {
        const all = Buffer.concat([gzipSync(tarPiece({ name: 'staithe.yaml', content: 'x' })), tail]);
        for (let at = 0; at < all.length; at += 65_536) {
          given += 1;
          yield all.subarray(at, at + 65_536);
        }
      })(),
    );

    const found = await readEntry(stream, { format: 'tar.gz', names, maxBytes: 1000 });

    expect(found?.name).toBe('staithe.yaml');
    expect(given).toBeLessThan(64);
    expect(stream.destroyed).toBe(true);
  });

  test('refuses a file that is too large, one that is a link, and a search that is too long', async () => {
    const search = (bytes: Buffer) =>
      readEntry(bytes, { format: 'tar.gz', names, maxBytes: 100, maxScanBytes: 10_000 });

    await expect(search(tarGz({ name: names[0] ?? '', content: 'x'.repeat(101) }))).rejects.toMatchObject({
      code: 'too_large',
    });
    await expect(search(tarGz({ name: names[0] ?? '', type: '2', linkName: 'a' }))).rejects.toMatchObject({
      code: 'unsupported_entry',
    });
    await expect(search(tarGz({ name: 'a', content: randomBytes(20_000) }))).rejects.toMatchObject({
      code: 'too_large',
    });
  });
});
