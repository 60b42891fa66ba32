import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { describe, expect, test } from 'vitest';
import { type PackFilesOptions, packFiles, unpack } from '../../lib/archive/index.ts';
import { Sandbox, treeOf, write } from './sandbox.ts';

const packed = async (options: PackFilesOptions) => {
  const result = await packFiles(options);
  if (result.kind !== 'packed') throw new Error('nothing was packed');
  return result;
};

/** Of what is open at one moment, some is closed at the next: the listing itself. */
const readLink = (path: string): string => (existsSync(path) ? readlinkSync(path) : '');

describe('packFiles', () => {
  test.each(['zip', 'tar.gz'] as const)(
    'packs the same files as the same %s bytes in any time zone',
    async (format) => {
      using sandbox = new Sandbox();
      const files = {
        'dist/b.js': 'two'.repeat(50_000),
        'dist/a.js': 'one',
        'dist/.hidden': '',
        'dist/link': '-> a.js',
      };
      const one = write(sandbox.path('one'), files);
      const two = write(sandbox.path('two'), Object.fromEntries(Object.entries(files).reverse()));
      utimesSync(join(two, 'dist/a.js'), 1, 1);
      chmodSync(join(two, 'dist/a.js'), 0o666);
      const packing = new URL('./pack-in-process.ts', import.meta.url).pathname;
      const pack = (TZ: string, base: string, ...paths: string[]) =>
        execFileSync(process.execPath, [packing, base, format, sandbox.path(`packed.${format}`), ...paths], {
          env: { TZ },
          encoding: 'utf8',
        });

      const first = JSON.parse(pack('Pacific/Auckland', one, 'dist/**'));
      const second = JSON.parse(pack('America/Los_Angeles', two, 'dist/b.js', 'dist'));

      expect(second).toEqual(first);
      expect(first).toMatchObject({ files: 4, extension: `.${format}` });
    },
  );

  test('packs a zip that Info-ZIP and this program unpack to the same tree', needs('unzip'), async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), {
      'dist/index.mjs': 'code',
      'dist/lib/größe.js': 'x',
      'dist/run': '',
      'dist/l': '-> run',
    });
    chmodSync(join(base, 'dist/run'), 0o755);

    await packed({ base, root: 'dist', paths: ['dist/**'], format: 'zip', out: sandbox.path('a.zip') });

    execFileSync('unzip', ['-q', sandbox.path('a.zip'), '-d', sandbox.path('by-unzip')]);
    await unpack(sandbox.path('a.zip'), { format: 'zip', into: sandbox.into });
    expect(treeOf(sandbox.into)).toEqual(treeOf(join(base, 'dist')));
    expect(treeOf(sandbox.path('by-unzip'))).toEqual(treeOf(join(base, 'dist')));
  });

  test('follows a link that is named itself, when it stays inside', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), {
      'build-7/a': 'one',
      dist: '-> build-7',
      latest: '-> build-7/a',
    });

    const tree = await packed({
      base,
      root: 'dist',
      paths: ['dist/**'],
      format: 'zip',
      out: sandbox.path('a.zip'),
    });
    const file = await packed({ base, paths: ['latest'], format: 'file', out: sandbox.path('kept') });

    await unpack(sandbox.path('a.zip'), { format: 'zip', into: sandbox.into });
    expect(tree.files).toBe(1);
    expect(treeOf(sandbox.into)).toEqual({ a: '644 one' });
    expect(file).toMatchObject({ fileName: 'latest', sizeBytes: 3 });
  });

  test('keeps one file as it is', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), { 'out/app-1.0.tar.gz': 'bytes' });

    const result = await packed({ base, paths: ['out/*'], format: 'file', out: sandbox.path('kept') });

    expect(readFileSync(sandbox.path('kept'), 'utf8')).toBe('bytes');
    expect(result).toMatchObject({
      extension: '.tar.gz',
      fileName: 'app-1.0.tar.gz',
      sizeBytes: 5,
      files: 1,
    });
  });

  test('refuses to keep several files as one', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), { a: '', b: '' });

    const packing = packFiles({ base, paths: ['*'], format: 'file', out: sandbox.path('kept') });

    await expect(packing).rejects.toMatchObject({
      code: 'several_files',
      message: expect.stringContaining("'a', 'b'"),
    });
  });

  test.each(['zip', 'tar.gz'] as const)(
    'a %s of a file that changes meanwhile is refused, and its file is closed',
    needs('/proc'),
    async (format) => {
      using sandbox = new Sandbox();
      // What the kernel writes as it is read has a size of 0.
      const base = '/proc/self';
      const out = sandbox.path('a');

      const packing = packFiles({ base, paths: ['status'], format, out });

      await expect(packing).rejects.toThrow("'status' changed while it was packed");
      const open = readdirSync('/proc/self/fd').map((fd) => readLink(`/proc/self/fd/${fd}`));
      expect(open).not.toContain(out);
    },
  );

  test('says what each glob looked at when nothing matches', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), { 'build/app.js': '', 'package.json': '' });

    const result = await packFiles({
      base,
      paths: ['dist/**', '*.zip'],
      format: 'zip',
      out: sandbox.path('a'),
    });

    const names = ['build/', 'package.json'];
    expect(result).toEqual({
      kind: 'nothing',
      looked: [
        { glob: 'dist/**', matches: 0, excluded: 0, folder: 'dist', exists: false, nearest: '.', names },
        { glob: '*.zip', matches: 0, excluded: 0, folder: '.', exists: true, nearest: '.', names },
      ],
    });
  });

  test('names globs that matched nothing while others did', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), { a: '' });

    const result = await packed({ base, paths: ['a', 'b'], format: 'zip', out: sandbox.path('a.zip') });

    expect(result.unmatched).toEqual(['b']);
  });

  test.each([
    ['a folder that is a link out', { dist: '-> ..' }, { paths: ['dist/**'] }],
    ['a root that is a link out', { dist: '-> ..', 'a/b': '' }, { paths: ['**'], root: 'dist' }],
    ['a link to a file outside', { 'dist/a': '-> ../../outside.txt' }, { paths: ['dist'] }],
    ['a link to an absolute path', { 'dist/a': '-> /etc/passwd' }, { paths: ['dist'] }],
    ['a link out of the root', { 'dist/a': '-> ../b', b: '' }, { paths: ['dist'], root: 'dist' }],
  ])('never packs what lies outside: %s', async (_, files, options) => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('base'), files);

    const packing = packFiles({ base, format: 'zip', out: sandbox.path('a.zip'), ...options });

    await expect(packing).rejects.toMatchObject({ code: 'link_outside' });
  });
});
