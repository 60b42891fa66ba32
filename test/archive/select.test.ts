import { describe, expect, test } from 'vitest';
import { packFiles } from '../../lib/archive/index.ts';
import { select } from '../../lib/archive/select.ts';
import { Sandbox, write } from './sandbox.ts';

const TREE = {
  'dist/.env': 'secret',
  'dist/index.js': '',
  'dist/index.js.map': '',
  'dist/deep/a.js': '',
  'dist/deep/a.js.map': '',
  'dist/tmp/x': '',
  'README.md': '',
};

async function chosen(...globs: string[]): Promise<string[]> {
  using sandbox = new Sandbox();
  const { files } = await select(write(sandbox.path('tree'), TREE), globs);
  return files.map((file) => file.name).sort();
}

test.each([
  ['at the top', '.git/**'],
  ['as a file', '.git/config'],
  ['in a folder', 'sub/.git/config'],
  ['by a link', 'history/config'],
])('.git is never packed, also when it is named: %s', async (_, glob) => {
  using sandbox = new Sandbox();
  const base = write(sandbox.path('tree'), {
    '.git/config': 'secret',
    'sub/.git/config': 'secret',
    history: '-> .git',
  });

  const result = await packFiles({ base, paths: [glob], format: 'zip', out: sandbox.path('a') });

  expect(result).toMatchObject({ kind: 'nothing' });
});

describe('a glob with !', () => {
  test.each<[claim: string, globs: string[], names: string[]]>([
    ['a file', ['dist/*', '!dist/.env', '!dist/tmp', '!dist/deep'], ['dist/index.js', 'dist/index.js.map']],
    [
      'a folder with all below it',
      ['dist', '!dist/tmp'],
      ['dist/.env', 'dist/deep/a.js', 'dist/deep/a.js.map', 'dist/index.js', 'dist/index.js.map'],
    ],
    [
      'at any depth',
      ['dist/**', '!**/*.map', '!**/.env', '!dist/tmp/**'],
      ['dist/deep/a.js', 'dist/index.js'],
    ],
    ['one of several', ['dist/*.js*', '!dist/*.{map,ts}'], ['dist/index.js']],
    ['of a set', ['dist/deep/**', '!dist/deep/[a-b].js'], ['dist/deep/a.js.map']],
    ['with ./ before it', ['dist/tmp', 'README.md', '!./README.md'], ['dist/tmp/x']],
  ])('takes out %s', async (_, globs, names) => {
    expect(await chosen(...globs)).toEqual(names);
  });

  test('takes out what comes before it only: a later glob chooses again, as in an ignore file', async () => {
    const names = await chosen('dist/*.js', '!dist/**', 'dist/deep/*.js');

    expect(names).toEqual(['dist/deep/a.js']);
  });

  test('holds for archives of every format, and one that matches nothing is told', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('tree'), TREE);
    const paths = ['dist/**', '!dist/.env', '!dist/none'];

    const results = await Promise.all(
      (['zip', 'tar.gz'] as const).map((format) =>
        packFiles({ base, paths, format, out: sandbox.path(`a.${format}`) }),
      ),
    );

    const packed = expect.objectContaining({ kind: 'packed', files: 5, unmatched: ['!dist/none'] });
    expect(results).toEqual([packed, packed]);
  });

  test('that takes out all is told apart from globs that match nothing', async () => {
    using sandbox = new Sandbox();
    const base = write(sandbox.path('tree'), TREE);

    const result = await packFiles({
      base,
      paths: ['dist/**', '!dist'],
      format: 'zip',
      out: sandbox.path('a'),
    });

    expect(result).toMatchObject({
      kind: 'nothing',
      looked: [{ glob: 'dist/**', matches: 6, excluded: 6 }],
    });
  });
});
