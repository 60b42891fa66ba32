/** One rule for links: the same in tar and zip, in a source, and in a cache. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packCache } from '../../lib/agent/cache/pack.ts';
import { packFiles, packTree, unpack } from '../../lib/archive/index.ts';
import { Sandbox, treeOf, write } from './sandbox.ts';

type Packing = (folder: string, out: string, into: string) => Promise<Record<string, string>>;

async function unpacked(out: string, format: 'zip' | 'tar.gz', into: string) {
  await unpack(out, { format, into });
  return treeOf(into);
}

const archived =
  (format: 'zip' | 'tar.gz'): Packing =>
  async (base, out, into) => {
    await packFiles({ base, paths: ['**'], format, out });
    return unpacked(out, format, into);
  };

const WAYS: [string, Packing][] = [
  ['a zip', archived('zip')],
  ['a tar.gz', archived('tar.gz')],
  [
    'a source',
    async (folder, out, into) => {
      await packTree(folder, { out });
      return unpacked(out, 'tar.gz', into);
    },
  ],
  [
    'a cache',
    async (context, out, into) => {
      const home = join(out, '..', 'home');
      mkdirSync(home);
      await packCache(['**'], { context, home }, out);
      const tree = await unpacked(out, 'tar.gz', into);
      return Object.fromEntries(
        Object.entries(tree).map(([name, what]) => [name.slice('context/'.length), what]),
      );
    },
  ],
];

describe.each(WAYS)('%s', (_, pack) => {
  const packing = (sandbox: Sandbox) => pack(sandbox.path('tree'), sandbox.path('out'), sandbox.into);

  test.each<[claim: string, files: Record<string, string>, link: string, kept: string]>([
    [
      'up and down within the root',
      { 'include/a.h': '', 'a/b/c/l': '-> ../../../include' },
      'a/b/c/l',
      '../../../include',
    ],
    ['through another link', { 'real/x': '', via: '-> real', l: '-> via/x' }, 'l', 'via/x'],
    ['to the root itself', { x: '', 'd/l': '-> ..' }, 'd/l', '..'],
    ['to a place where nothing is', { x: '', 'd/l': '-> ../none/here' }, 'd/l', '../none/here'],
    ['out and in again', { x: '', l: '-> ../tree/x' }, 'l', 'x'],
  ])('keeps a link that leads %s', async (_claim, files, link, kept) => {
    using sandbox = new Sandbox();
    write(sandbox.path('tree'), files);

    const tree = await packing(sandbox);

    expect(tree[link]).toBe(`-> ${kept}`);
  });

  test('makes links by absolute path into its own folder relative', async () => {
    using sandbox = new Sandbox();
    const root = write(sandbox.path('tree'), { 'lib/x': '', 'bin/keep': '' });
    symlinkSync(join(root, 'lib/x'), join(root, 'bin/x'));
    symlinkSync(join(root, 'none'), join(root, 'bin/later'));
    symlinkSync(root, join(root, 'lib/all'));

    const tree = await packing(sandbox);

    expect([tree['bin/x'], tree['bin/later'], tree['lib/all']]).toEqual([
      '-> ../lib/x',
      '-> ../none',
      '-> ..',
    ]);
  });

  test.each<[claim: string, files: Record<string, string>, link: string, target: string]>([
    ['to a file outside', { x: '', l: '-> ../outside.txt' }, 'l', '../outside.txt'],
    ['to an absolute path', { x: '', 'd/l': '-> /etc/passwd' }, 'd/l', '/etc/passwd'],
    ['outside, where nothing is', { x: '', l: '-> ../../none' }, 'l', '../../none'],
    [
      'out through another link',
      { 'a/b/up': '-> ..', l: '-> a/b/up/../../outside.txt' },
      'l',
      'a/b/up/../../outside.txt',
    ],
    ['to itself', { x: '', l: '-> l' }, 'l', 'l'],
    ['into a cycle', { x: '', l: '-> m', m: '-> l' }, 'l', 'm'],
  ])('refuses a link that leads %s, and names it and its target', async (_claim, files, link, target) => {
    using sandbox = new Sandbox();
    write(sandbox.path('tree'), files);

    await expect(packing(sandbox)).rejects.toMatchObject({
      code: 'link_outside',
      message: expect.stringContaining(`link '${link}' leads to '${target}'`),
    });
  });
});

describe('below a folder that is a link and is followed', () => {
  const followed = async (sandbox: Sandbox, ...paths: string[]) => {
    const out = sandbox.path('out');
    await packFiles({ base: sandbox.path('tree'), paths, format: 'tar.gz', out });
    return unpacked(out, 'tar.gz', sandbox.into);
  };

  test.each<[claim: string, link: string, kept: string]>([
    ['up from it', '-> ../x', '../build-2/x'],
    ['up from it, where nothing is', '-> ../none', '../build-2/none'],
    ['to a place beside it', '-> x', 'x'],
    ['to a place in the folder above both', '-> ../../x', '../x'],
  ])('a link leads where it led: %s', async (_, link, kept) => {
    using sandbox = new Sandbox();
    write(sandbox.path('tree'), {
      x: 'of the root',
      'build-2/x': 'of the build',
      'build-2/out/x': '',
      'build-2/out/l': link,
      dist: '-> build-2/out',
    });

    const tree = await followed(sandbox, 'x', 'dist');

    expect(tree['dist/l']).toBe(`-> ${kept}`);
  });

  test('a link through another that is not packed keeps its words', async () => {
    using sandbox = new Sandbox();
    write(sandbox.path('tree'), { 'l.so': '-> l.so.1', 'l.so.1': '-> l.so.1.2', 'l.so.1.2': '' });

    const tree = await followed(sandbox, '*.so');

    expect(tree).toEqual({ 'l.so': '-> l.so.1' });
  });

  test('and that is chosen as a link too is refused, as no archive holds both', async () => {
    using sandbox = new Sandbox();
    write(sandbox.path('tree'), { 'releases/5/app': '', current: '-> releases/5' });

    await expect(followed(sandbox, '**', 'current/**')).rejects.toMatchObject({
      code: 'collision',
      message: expect.stringContaining("The link 'current'"),
    });
  });
});

test("rebar3's links to an application's own folders are packed, and those without a target are told", async () => {
  using sandbox = new Sandbox();
  const app = '_build/default/lib/hello';
  const base = write(sandbox.path('tree'), {
    'include/hello.hrl': 'header',
    'src/hello.erl': 'source',
    [`${app}/ebin/hello.beam`]: 'beam',
    [`${app}/include`]: '-> ../../../../include',
    [`${app}/priv`]: '-> ../../../../priv',
    [`${app}/src`]: '-> ../../../../src',
  });

  const result = await packFiles({
    base,
    paths: ['_build/default/lib/**', 'include'],
    format: 'tar.gz',
    out: sandbox.path('a.tar.gz'),
  });

  expect(result).toMatchObject({
    kind: 'packed',
    files: 5,
    loose: [
      { name: `${app}/priv`, target: '../../../../priv' },
      { name: `${app}/src`, target: '../../../../src' },
    ],
  });
});
