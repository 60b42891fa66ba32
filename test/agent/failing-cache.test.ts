import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { restoreCaches, saveCaches } from '../../lib/agent/cache.ts';
import type { TarPiece } from '../archive/craft.ts';
import { CacheBench } from './cache-bench.ts';

let bench: CacheBench;
beforeAll(async () => {
  bench = await CacheBench.start();
});
afterAll(() => bench[Symbol.dispose]());
beforeEach(() => bench.beginTest());
afterEach(() => bench.endTest());

describe('a cache that fails does not fail the build:', () => {
  test('an API that does not answer', async () => {
    const fails = async (): Promise<never> => {
      throw new Error('The API is away.');
    };
    const one = bench.machine(['dist'], {}, { restoreCaches: fails, saveCaches: fails });
    one.write('dist/x', 'x');

    const toSave = await restoreCaches(one);
    await saveCaches(one, [{ paths: ['dist'], key: '0'.repeat(64), platform: 'linux-x64' }]);

    expect(toSave).toEqual([]);
    expect(bench.said).toContain(
      'warning: caches could not be looked up: The API is away. The build continues',
    );
    expect(bench.said).toContain('warning: cache dist was not saved: The API is away.');
  });

  test('bytes that are gone, or others than were saved; the build saves its own instead', async () => {
    const gone = bench.machine(['dist'], bench.hitOf(Buffer.from('gone')));
    bench.storage.set('other', Buffer.from('other bytes'));
    const other = bench.machine(['dist'], {
      ...bench.hitOf(Buffer.from('what was saved')),
      download: { url: `${bench.url}/other`, sha256: '0'.repeat(64), size_bytes: 14 },
    });

    const toSave = [await restoreCaches(gone), await restoreCaches(other)];

    expect(toSave.map(({ length }) => length)).toEqual([1, 1]);
    expect(bench.said.match(/warning: cache dist could not be restored: /g)).toHaveLength(2);
  });

  test('paths at which nothing is', async () => {
    const one = bench.machine(['dist', '~/.cache']);

    await saveCaches(one, await restoreCaches(one));

    expect(bench.storage.size).toBe(0);
    expect(bench.said).toContain('cache dist, ~/.cache: nothing is there, so nothing is saved');
  });

  test.each([
    ['absolute', '/etc/passwd'],
    ['above the context', '../../secrets'],
  ])('a link that leads out (%s): half a cache is not saved', async (_, target) => {
    const one = bench.machine(['dist']);
    one.write('dist/x', 'x');
    symlinkSync(target, one.path('dist/link'));

    await saveCaches(one, await restoreCaches(one));

    expect(bench.storage.size).toBe(0);
    expect(bench.said).toContain(
      `warning: cache dist was not saved: The link 'dist/link' leads to '${target}'`,
    );
  });

  test('a folder that a build has replaced by a link to elsewhere', async () => {
    const one = bench.machine(['dist']);
    const toSave = await restoreCaches(one);
    const elsewhere = mkdtempSync(join(bench.root, 'elsewhere-'));
    writeFileSync(join(elsewhere, 'private'), 'private');
    symlinkSync(elsewhere, one.path('dist'));

    await saveCaches(one, toSave);

    expect(bench.storage.size).toBe(0);
    expect(bench.said).toContain('warning: cache dist was not saved');
  });

  test.each<[string, TarPiece[]]>([
    ['names that lead out', [{ name: '../evil', content: 'x' }]],
    ['absolute names', [{ name: '/tmp/evil', content: 'x' }]],
    ['a link out of the archive', [{ name: 'context/evil', type: '2', linkName: '../../../evil' }]],
  ])('an archive with %s', async (_, entries) => {
    const one = bench.machine(
      ['dist'],
      bench.planted({ name: 'context/dist/good', content: 'x' }, ...entries),
    );

    const toSave = await restoreCaches(one);

    expect(toSave).toHaveLength(1);
    expect(bench.said).toContain('warning: cache dist could not be restored');
    expect(existsSync(one.path('dist'))).toBe(false);
    for (const place of [bench.root, one.workspace.root, tmpdir()])
      expect(existsSync(join(place, 'evil'))).toBe(false);
  });

  test('but a job that is stopped meanwhile stops', async () => {
    const stop = new AbortController();
    const one = bench.machine(
      ['dist'],
      {},
      {
        restoreCaches: async () => {
          stop.abort(new Error('cancelled'));
          throw stop.signal.reason;
        },
      },
    );

    await expect(restoreCaches({ ...one, signal: stop.signal })).rejects.toThrow('cancelled');
  });

  test('and saving stops with its job, and says why', async () => {
    const stop = new AbortController();
    const saveForEver = () => {
      stop.abort(new Error('the disk was almost full: 2 MB of 96 MB were left'));
      return new Promise<never>(() => undefined);
    };
    const one = bench.machine(['dist'], {}, { saveCaches: saveForEver });
    one.write('dist/x', 'x');

    await saveCaches({ ...one, signal: stop.signal }, await restoreCaches(one));

    expect(bench.said).toContain(
      'warning: cache dist was not saved: the disk was almost full: 2 MB of 96 MB were left.',
    );
  });
});
