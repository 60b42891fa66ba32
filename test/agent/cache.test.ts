/** Caches as the agent handles them: real files, a real HTTP storage, and an API that answers as told. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keyOf, rooted } from '../../lib/agent/cache/files.ts';
import { restoreCaches, saveCaches } from '../../lib/agent/cache.ts';
import { CacheBench, type Machine } from './cache-bench.ts';

let bench: CacheBench;
beforeAll(async () => {
  bench = await CacheBench.start();
});
afterAll(() => bench[Symbol.dispose]());
beforeEach(() => bench.beginTest());
afterEach(() => bench.endTest());

describe('what one build leaves', () => {
  const PATHS = ['node_modules', '~/.npm', 'packages/*/dist'];
  const first = () => {
    const one = bench.machine(PATHS);
    one.write('node_modules/a/index.js', 'a');
    one.write('node_modules/a/README.md', 'upper');
    one.write('node_modules/a/readme.md', 'lower');
    one.write('node_modules/b/cli.js', '#!/usr/bin/env node');
    one.write('packages/core/dist/out.js', 'out');
    one.write('packages/core/src/in.js', 'in');
    one.write('~/.npm/_cacache/x', 'cached');
    one.write('~/.bashrc', 'not named');
    chmodSync(one.path('node_modules/b/cli.js'), 0o755);
    mkdirSync(one.path('node_modules/.bin'));
    symlinkSync('../b/cli.js', one.path('node_modules/.bin/b'));
    symlinkSync('../packages/core', one.path('node_modules/core'));
    return one;
  };

  test('the next one finds in its place: files, modes, links, names that differ in case alone', async () => {
    const found = await bench.saved(first());
    const next = bench.machine(PATHS, found);

    const toSave = await restoreCaches(next);

    const text = (name: string) => readFileSync(next.path(name), 'utf8');
    expect(toSave).toEqual([]);
    expect([text('node_modules/a/README.md'), text('node_modules/a/readme.md')]).toEqual(['upper', 'lower']);
    expect([text('packages/core/dist/out.js'), text('~/.npm/_cacache/x')]).toEqual(['out', 'cached']);
    expect(statSync(next.path('node_modules/b/cli.js')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(next.path('node_modules/.bin/b'))).toBe('../b/cli.js');
    expect(readlinkSync(next.path('node_modules/core'))).toBe('../packages/core');
    expect([existsSync(next.path('~/.bashrc')), existsSync(next.path('packages/core/src'))]).toEqual([
      false,
      false,
    ]);
    expect(bench.said).toMatch(
      /cache node_modules, ~\/\.npm, packages\/\*\/dist: hit of main, [\d.]+ K?B in /,
    );
  });

  test('is the same bytes each time, so that it is stored once', async () => {
    await bench.saved(first());
    await bench.saved(first());

    expect(bench.storage.size).toBe(1);
  });

  test('changes nothing of the source, and is older than it', async () => {
    const found = await bench.saved(first());
    const next = bench.machine(PATHS, found);
    next.write('node_modules/a/index.js', 'of the source');

    await restoreCaches(next);

    expect(readFileSync(next.path('node_modules/a/index.js'), 'utf8')).toBe('of the source');
    expect(readFileSync(next.path('node_modules/a/readme.md'), 'utf8')).toBe('lower');
    for (const name of ['node_modules/a/readme.md', '~/.npm/_cacache/x'])
      expect(statSync(next.path(name)).mtimeMs).toBeLessThan(
        statSync(next.path('package-lock.json')).mtimeMs,
      );
  });

  test('of other key files comes too, and the build saves its own', async () => {
    const found = await bench.saved(first());
    const next = bench.machine(PATHS, { ...found, hit: 'newest', save: true });
    next.write('package-lock.json', '{"changed":true}');

    const toSave = await restoreCaches(next);

    expect(existsSync(next.path('node_modules/a/index.js'))).toBe(true);
    expect(toSave).toHaveLength(1);
    expect(bench.said).toContain('no hit, the newest of the same paths instead of main');
  });

  test('leaves no archive behind that could get into an artifact', async () => {
    const one = first();
    await bench.saved(one);
    const next = bench.machine(PATHS, bench.hitOf([...bench.storage.values()][0] ?? Buffer.alloc(0)));
    await restoreCaches(next);

    for (const { workspace } of [one, next])
      for (const name of ['cache.tar.gz', 'cache', 'out/cache.tar.gz'])
        expect(existsSync(join(workspace.root, name))).toBe(false);
  });
});

describe('the key of a cache', () => {
  const key = (one: Machine, ...globs: string[]) => keyOf(one.workspace.tree, '.', globs);

  test('is of the names and contents of its files, and of nothing else', async () => {
    const one = bench.machine(['x']);
    one.write('a/lock', '1');
    one.write('b/lock', '2');
    const two = bench.machine(['x']);
    two.write('b/lock', '2');
    two.write('a/lock', '1');
    two.write('other', 'x');

    const before = await key(one, '**/lock');
    const [same, order] = [await key(two, '**/lock'), await key(two, 'b/lock', 'a/lock', 'a/lock')];
    one.write('a/lock', '3');
    two.write('c/lock', '');
    const [content, name] = [await key(one, '**/lock'), await key(two, '**/lock')];

    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect([same, order]).toEqual([before, before]);
    expect(new Set([before, content, name]).size).toBe(3);
  });

  test('is of the files as the source has them, although a command changes them', async () => {
    const one = bench.machine(['dist']);
    const toSave = await restoreCaches(one);
    one.write('package-lock.json', 'changed by npm install');
    one.write('dist/x', 'x');

    await saveCaches(one, toSave);

    expect(one.confirmed.map(({ key: of }) => of)).toEqual(toSave.map(({ key: of }) => of));
    expect(await key(one, 'package-lock.json')).not.toBe(toSave[0]?.key);
  });

  test.each(['./!lock', '/!lock'])('may be of a file whose name begins with !: %s', async (glob) => {
    const one = bench.machine(['x']);
    one.write('!lock', '1');

    expect(await key(one, glob)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('and its paths take the ! of a name for no exclusion, below the home either', () => {
    expect(['~/!x', '!~/x', '!~/!x'].map((path) => rooted(path).glob)).toEqual(['./!x', '!x', '!!x']);
  });

  test('of files that are not there is none: the cache is left alone, and the log says why', async () => {
    const one = bench.machine(['dist']);
    rmSync(one.path('package-lock.json'));

    expect(await restoreCaches(one)).toEqual([]);
    expect(bench.said).toContain(
      "warning: cache dist is left alone: no file matches its key package-lock.json in '.'.",
    );
  });
});

test('a link in the place of a restored folder is the source’s own, and is left as it is', async () => {
  const found = bench.planted({ name: 'context/dist/x', content: 'x' });
  const one = bench.machine(['dist'], found);
  mkdirSync(one.path('real'));
  symlinkSync('real', one.path('dist'));

  await restoreCaches(one);

  expect(lstatSync(one.path('dist')).isSymbolicLink()).toBe(true);
  expect(existsSync(one.path('real/x'))).toBe(false);
});
