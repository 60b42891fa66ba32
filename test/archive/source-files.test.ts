import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs, unless } from 'embedded-cloud/test-kit/tools.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { foldingOf, unpack } from '../../lib/archive/index.ts';
import { git, namedByGit, namesPacked } from './checkout.ts';
import { Sandbox, treeOf, write } from './sandbox.ts';

/** Whether `build` and `Build` are two here. */
function exactLetters() {
  using probe = new Sandbox();
  return unless(foldingOf(probe.root).letterCase ? 'this file system folds letter case' : undefined);
}

afterEach(() => vi.unstubAllEnvs());

describe('in a checkout', needs('git'), () => {
  const LETTERS =
    'what git names is packed: tracked files that a rule ignores, and letters as they are written';

  test(LETTERS, exactLetters(), async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), {
      '.gitignore': '*.log\nBuild/\nnode_modules/\n',
      'kept.log': 'tracked before',
      'lost.log': '',
      'build/x': '',
      'Build/x': '',
      'node_modules/a/index.js': 'tracked',
      'node_modules/b/index.js': '',
      new: 'not yet added',
      'sub/.gitignore': '!kept-too.log\n',
      'sub/kept-too.log': '',
    });
    git(tree, 'init', '-q');
    git(tree, 'add', '-f', 'kept.log', 'node_modules/a/index.js');

    const { names, leftOut } = await namesPacked(sandbox, tree);

    expect(names).toEqual(namedByGit(tree));
    expect(names).toEqual(
      expect.arrayContaining(['build/x', 'kept.log', 'node_modules/a/index.js', 'sub/kept-too.log']),
    );
    expect([...leftOut.ignored].sort()).toEqual(['Build/', 'lost.log', 'node_modules/b/']);
  });

  test('a clean commit is packed as git archives it', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), {
      'a/run.sh': '#!/bin/sh',
      'a/link': '-> run.sh',
      'größe.txt': 'x',
      dangling: '-> nothing/here',
      'node_modules/x/index.js': 'vendored',
    });
    chmodSync(join(tree, 'a/run.sh'), 0o755);
    git(tree, 'init', '-q');
    git(tree, 'add', '-f', '.');
    git(tree, 'commit', '-qm', 'all');
    git(tree, 'archive', '--format=tar.gz', '-o', sandbox.path('by-git.tar.gz'), 'HEAD');

    await namesPacked(sandbox, tree);

    await unpack(sandbox.path('by-git.tar.gz'), { format: 'tar.gz', into: sandbox.into });
    expect(treeOf(sandbox.path('unpacked'))).toEqual(treeOf(sandbox.into));
  });

  test('tracked files that are gone, behind a link, or replaced by a folder are left out and told', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), { gone: '', 'moved/x': '', 'now-a-folder': '', stays: '' });
    git(tree, 'init', '-q');
    git(tree, 'add', '.');
    rmSync(join(tree, 'gone'));
    renameSync(join(tree, 'moved'), join(tree, 'elsewhere'));
    symlinkSync('elsewhere', join(tree, 'moved'));
    rmSync(join(tree, 'now-a-folder'));
    write(tree, { 'now-a-folder/x': '' });

    const { names, leftOut } = await namesPacked(sandbox, tree);

    expect(names).toEqual(['elsewhere/x', 'moved', 'now-a-folder/x', 'stays']);
    expect([...leftOut.missing].sort()).toEqual(['gone', 'moved/x', 'now-a-folder']);
  });

  test('a tracked file that a pipe has replaced is left out and told', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), { pipe: '', stays: '' });
    git(tree, 'init', '-q');
    git(tree, 'add', '.');
    rmSync(join(tree, 'pipe'));
    execFileSync('mkfifo', [join(tree, 'pipe')]);

    const { names, leftOut } = await namesPacked(sandbox, tree);

    expect([names, leftOut.missing]).toEqual([['stays'], ['pipe']]);
  });

  test('submodules and repositories in the tree are left out as git does, and LFS pointers are known', async () => {
    using sandbox = new Sandbox();
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
    const other = write(sandbox.path('other'), { x: '' });
    git(other, 'init', '-q');
    git(other, 'add', '.');
    git(other, 'commit', '-qm', 'x');
    const tree = write(sandbox.path('tree'), {
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      'large.bin': pointer,
      'small.bin': 'no pointer',
    });
    git(tree, 'init', '-q');
    git(tree, '-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', other, 'vendor/other');
    git(sandbox.root, 'clone', '-q', other, join(tree, 'cloned'));

    const { names, leftOut, lfsPointers } = await namesPacked(sandbox, tree);

    expect(names).toEqual(['.gitattributes', '.gitmodules', 'large.bin', 'small.bin']);
    expect([...leftOut.repositories].sort()).toEqual(['cloned/', 'vendor/other/']);
    expect(lfsPointers).toEqual(['large.bin']);
    vi.stubEnv('PATH', sandbox.path('nothing'));
    const without = await namesPacked(sandbox, tree);
    expect([without.names, without.leftOut.repositories.toSorted()]).toEqual([
      names,
      ['cloned/', 'vendor/other/'],
    ]);
  });

  test('a folder below the root is packed by the rules above it; one that is ignored, by its own', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), {
      '.gitignore': '*.log\ndist/\n',
      'sub/a': '',
      'sub/a.log': '',
      'dist/a.js': '',
      'dist/a.log': '',
    });
    git(tree, 'init', '-q');

    const sub = await namesPacked(sandbox, join(tree, 'sub'));
    const dist = await namesPacked(sandbox, join(tree, 'dist'));

    expect([sub.names, dist.names]).toEqual([['a'], ['a.js', 'a.log']]);
  });

  test('.staitheignore and --exclude leave out what git tracks too; state of an embedded cloud is no source', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), {
      '.staitheignore': 'docs/\n',
      'docs/a': '',
      'sub/.staitheignore': '/docs\n!keep\n',
      'sub/docs': '',
      'sub/sub/docs/x': '',
      'a.tmp': '',
      '.staithe/local/db': 'secret',
      keep: '',
    });
    git(tree, 'init', '-q');
    git(tree, 'add', 'docs', 'sub', 'a.tmp');

    const { names, leftOut } = await namesPacked(sandbox, tree, { exclude: ['*.tmp'] });

    expect(names).toEqual(['.staitheignore', 'keep', 'sub/.staitheignore']);
    expect([...leftOut.excluded].sort()).toEqual([
      '.staithe/local/db',
      'a.tmp',
      'docs/a',
      'sub/docs',
      'sub/sub/docs/x',
    ]);
  });

  test.each(['with git', 'without git'])(
    '.staitheignore holds below its folder, and where git ignores it: %s',
    async (way) => {
      using sandbox = new Sandbox();
      const tree = write(sandbox.path('tree'), {
        '.gitignore': '.staitheignore\n',
        '.staitheignore': '*.tmp\n/other/\n/named/\n',
        'sub/.staitheignore': 'own\n',
        'sub/own': '',
        'sub/a.tmp': '',
        'sub/kept': '',
        'other/x': '',
        'named/x': '',
      });
      git(tree, 'init', '-q');
      if (way === 'without git') vi.stubEnv('PATH', sandbox.path('nothing'));

      const all = await namesPacked(sandbox, tree);
      const sub = await namesPacked(sandbox, join(tree, 'sub'));
      const named = await namesPacked(sandbox, join(tree, 'named'));

      expect([all.names, sub.names]).toEqual([['.gitignore', 'sub/kept'], ['kept']]);
      expect(named.names).toEqual(['x']);
    },
  );

  test('variables of a hook do not lead git to another repository', async () => {
    using sandbox = new Sandbox();
    const other = write(sandbox.path('other'), { x: '' });
    const tree = write(sandbox.path('tree'), { '.gitignore': 'b\n', a: '', b: '' });
    for (const folder of [other, tree]) git(folder, 'init', '-q');
    vi.stubEnv('GIT_DIR', join(other, '.git'));
    vi.stubEnv('GIT_INDEX_FILE', join(other, '.git/index'));

    const { names } = await namesPacked(sandbox, tree);

    expect(names).toEqual(['.gitignore', 'a']);
  });

  test('without git its ignore files are read, also those above the folder, and that is told', async () => {
    using sandbox = new Sandbox();
    const tree = write(sandbox.path('tree'), {
      '.gitignore': '*.log\n',
      'sub/.gitignore': '!kept.log\n',
      'sub/deep/a.log': '',
      'sub/deep/kept.log': '',
      'sub/deep/own': '',
    });
    git(tree, 'init', '-q');
    writeFileSync(join(tree, '.git/info/exclude'), 'own\n');
    const deep = join(tree, 'sub/deep');
    const before = await namesPacked(sandbox, deep);
    vi.stubEnv('PATH', sandbox.path('nothing'));

    const after = await namesPacked(sandbox, deep);

    expect([before.names, after.names]).toEqual([['kept.log'], ['kept.log']]);
    expect([before.withoutGit, after.withoutGit]).toEqual([undefined, 'git is not installed']);
  });
});

test('outside of a checkout nothing is left out but what ignore files name', async () => {
  using sandbox = new Sandbox();
  const tree = write(sandbox.path('tree'), {
    'node_modules/x': '',
    'A.LOG': '',
    'a.log': '',
    '.gitignore': '*.log\n',
    '.staitheignore': 'docs\n',
    'docs/x': '',
  });

  const { names, leftOut } = await namesPacked(sandbox, tree);

  expect(names).toEqual(['.gitignore', '.staitheignore', 'A.LOG', 'node_modules/x']);
  expect(leftOut).toEqual({ ignored: ['a.log'], excluded: ['docs/'], repositories: [], missing: [] });
});
