/** Names: as bytes where they are no text, and two that some file systems take for one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs, unless } from 'embedded-cloud/test-kit/tools.ts';
import { describe, expect, test } from 'vitest';
import { foldingOf, packFiles, packTree, unpack } from '../../lib/archive/index.ts';
import { tarGz, zip } from './craft.ts';
import { Sandbox, treeOf, write } from './sandbox.ts';

/** `caf\xe9`: é in Latin-1. */
const LATIN_1 = Buffer.from('caf\u00e9', 'latin1');

function keepsBytes(): boolean {
  using sandbox = new Sandbox();
  try {
    writeFileSync(Buffer.concat([Buffer.from(`${sandbox.root}/`), LATIN_1]), '');
    return readdirSync(sandbox.root, { encoding: 'buffer' }).some((name) => name.equals(LATIN_1));
  } catch {
    return false; // APFS takes names in UTF-8 only
  }
}
const bytes = unless(keepsBytes() ? undefined : 'the file system takes names in UTF-8 only');

const below = (folder: string | Buffer, name: Buffer): Buffer =>
  Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]);

describe('a name that is not UTF-8', bytes, () => {
  function tree(sandbox: Sandbox): string {
    const base = write(sandbox.path('tree'), { 'dist/a.js': 'a', 'dist/b.txt': 'b', 'other/x': '' });
    writeFileSync(below(join(base, 'dist'), Buffer.concat([LATIN_1, Buffer.from('.txt')])), '');
    mkdirSync(below(join(base, 'other'), LATIN_1));
    writeFileSync(below(join(base, 'other'), Buffer.concat([LATIN_1, Buffer.from('/y')])), '');
    return base;
  }
  const pack = (sandbox: Sandbox, ...paths: string[]) =>
    packFiles({ base: tree(sandbox), paths, format: 'zip', out: sandbox.path('a.zip') });

  test('is nothing to globs that do not match it', async () => {
    using sandbox = new Sandbox();

    const result = await pack(sandbox, 'dist/*.js', 'other/x');

    expect(result).toMatchObject({ kind: 'packed', files: 2 });
  });

  test.each([
    ['a file', ['dist/**'], String.raw`dist/caf\xe9.txt`],
    ['a file by its extension', ['dist/*.txt'], String.raw`dist/caf\xe9.txt`],
    ['what is in such a folder', ['other'], String.raw`other/caf\xe9/y`],
  ])('is refused by name when a glob matches it: %s', async (_, paths, name) => {
    using sandbox = new Sandbox();

    await expect(pack(sandbox, ...paths)).rejects.toMatchObject({
      code: 'unsupported_entry',
      message: `The name '${name}' is not UTF-8. Rename it, or exclude it.`,
    });
  });

  test('may be taken out by a glob', async () => {
    using sandbox = new Sandbox();

    const result = await pack(sandbox, 'dist/**', '!dist/caf*.txt');

    expect(result).toMatchObject({ kind: 'packed', files: 2 });
  });

  test('is refused by name in a source, unless it is left out', async () => {
    using sandbox = new Sandbox();
    const folder = tree(sandbox);

    const without = await packTree(folder, { out: sandbox.path('b'), exclude: ['caf*'] });
    const packing = packTree(folder, { out: sandbox.path('a') });

    await expect(packing).rejects.toThrow(String.raw`caf\xe9`);
    expect(without.entries).toBe(3);
  });
});

describe('in a checkout, a name that is not UTF-8', needs('git'), () => {
  test.each([
    ['of a file', [], LATIN_1],
    ['of a folder', [LATIN_1], Buffer.from('x')],
    ['of a folder in such a folder', [LATIN_1, LATIN_1], Buffer.from('x')],
  ])('is refused by name, unless it is left out: %s', bytes, async (_, folders, name) => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), { kept: '' });
    execFileSync('git', ['init', '-q'], { cwd: tree });
    const folder = folders.reduce<Buffer>((parent, child) => below(parent, child), Buffer.from(tree));
    mkdirSync(folder, { recursive: true });
    writeFileSync(below(folder, name), '');

    const packing = packTree(tree, { out: sandbox.path('a') });

    await expect(packing).rejects.toThrow(String.raw`caf\xe9`);
    const without = await packTree(tree, { out: sandbox.path('b'), exclude: ['caf*'] });
    expect(without.entries).toBe(1);
  });
});

describe(
  'a name that systems read in different ways',
  unless(process.platform === 'win32' ? 'Windows has no such names' : undefined),
  () => {
    test.each([
      ['a backslash', String.raw`dist/a\b`],
      ['a backslash that would make it the name of another file', String.raw`dist\x`],
      ['a drive letter', 'c:x'],
    ])('is refused alike by zip, tar.gz and as a source: %s', async (_, name) => {
      using sandbox = new Sandbox();
      const base = write(sandbox.path('tree'), { 'dist/x': '', [name]: '' });

      const ends = await Promise.allSettled([
        packFiles({ base, paths: ['**'], format: 'zip', out: sandbox.path('a.zip') }),
        packFiles({ base, paths: ['**'], format: 'tar.gz', out: sandbox.path('a.tar.gz') }),
        packTree(base, { out: sandbox.path('source') }),
      ]);

      const quoted = JSON.stringify(name).slice(1, -1);
      for (const end of ends)
        expect(end).toMatchObject({
          reason: { code: 'path_outside', message: expect.stringContaining(`'${quoted}'`) },
        });
    });
  },
);

test('a zip and a tar.gz of the same files hold the same tree', async () => {
  using sandbox = new Sandbox();
  const base = write(sandbox.path('tree'), {
    'größe/日本.txt': 'x',
    'run.sh': '',
    [`${'long/'.repeat(40)}name`]: 'deep',
    link: '-> run.sh',
    'a+b ~c&d.txt': '',
    '-dash': '',
    README: 'upper',
  });

  for (const format of ['zip', 'tar.gz'] as const) {
    await packFiles({ base, paths: ['**'], format, out: sandbox.path(format) });
    await unpack(sandbox.path(format), { format, into: sandbox.path(`from-${format}`) });
  }

  expect(treeOf(sandbox.path('from-zip'))).toEqual(treeOf(base));
  expect(treeOf(sandbox.path('from-tar.gz'))).toEqual(treeOf(base));
});

describe('names that some file systems take for one', () => {
  const PAIRS: [string, string, string][] = [
    ['letter case', 'src/README', 'src/readme'],
    ['case of a folder', 'A/x', 'a/y'],
    ['Unicode form', 'caf\u00e9', 'cafe\u0301'],
  ];
  const archives = (one: string, two: string) =>
    [
      ['tar.gz', tarGz({ name: one, content: '1' }, { name: two, content: '2' })],
      ['zip', zip({ name: one, content: '1', mode: 0o100644 }, { name: two, content: '2', mode: 0o100644 })],
    ] as const;
  using probe = new Sandbox();
  const { letterCase, unicodeForm } = foldingOf(probe.root);
  const exact = unless(letterCase || unicodeForm ? 'this file system folds names' : undefined);

  test.each(PAIRS)('are two where the file system holds both: %s', exact, async (_, one, two) => {
    for (const [format, archive] of archives(one, two)) {
      using sandbox = new Sandbox();

      await unpack(archive, { format, into: sandbox.into });

      expect(treeOf(sandbox.into)).toEqual({ [one]: '644 1', [two]: '644 2' });
    }
  });

  test.each(PAIRS)('are refused by both names where it does not: %s', async (_, one, two) => {
    for (const [format, archive] of archives(one, two)) {
      using sandbox = new Sandbox();

      const unpacking = unpack(archive, {
        format,
        into: sandbox.into,
        folding: { letterCase: true, unicodeForm: true },
      });

      await expect(unpacking).rejects.toMatchObject({ code: 'collision' });
    }
  });

  test.each(PAIRS)(
    'are refused before a source is packed for such a file system: %s',
    exact,
    async (_, one, two) => {
      using sandbox = new Sandbox();
      const tree = write(sandbox.path('tree'), { [one]: '1', [two]: '2' });
      const folding = { letterCase: true, unicodeForm: true };

      const packed = await packTree(tree, { out: sandbox.path('b') });
      const packing = packTree(tree, { out: sandbox.path('a'), folding });

      await expect(packing).rejects.toMatchObject({ code: 'collision' });
      expect(packed.entries).toBe(2);
    },
  );

  test('a file system is asked, and nothing is left of the question', () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.into);

    const folding = foldingOf(sandbox.into);

    expect(readdirSync(sandbox.into)).toEqual([]);
    writeFileSync(join(sandbox.into, 'one'), '');
    writeFileSync(join(sandbox.into, 'ONE'), '');
    expect(readdirSync(sandbox.into)).toHaveLength(folding.letterCase ? 1 : 2);
  });
});
