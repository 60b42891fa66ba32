import { describe, expect, test } from 'vitest';
import { compileGlob, fixedFolder } from '../../lib/archive/glob.ts';

const PATHS = [
  'a.js',
  'b.ts',
  '.env',
  'dist',
  'dist/a.js',
  'dist/.x/b.js',
  'dist/c/d/e.js',
  'lib/a.js',
  'we{ird[1].js',
  'distant/a.js',
];

describe('a glob', () => {
  test.each([
    ['*.js', ['a.js', 'we{ird[1].js']],
    ['*', PATHS],
    ['**', PATHS],
    ['**/*', PATHS],
    ['.', PATHS],
    [
      '**/*.js',
      ['a.js', 'dist/a.js', 'dist/.x/b.js', 'dist/c/d/e.js', 'lib/a.js', 'we{ird[1].js', 'distant/a.js'],
    ],
    ['dist', ['dist', 'dist/a.js', 'dist/.x/b.js', 'dist/c/d/e.js']],
    ['dist/', ['dist/a.js', 'dist/.x/b.js', 'dist/c/d/e.js']],
    ['./dist//**', ['dist/a.js', 'dist/.x/b.js', 'dist/c/d/e.js']],
    ['dist/**/*.js', ['dist/a.js', 'dist/.x/b.js', 'dist/c/d/e.js']],
    ['**/**/c/**/**/*.js', ['dist/c/d/e.js']],
    ['dist/**/d/e.js', ['dist/c/d/e.js']],
    ['dist/?.js', ['dist/a.js']],
    ['{dist,lib}/a.js', ['dist/a.js', 'lib/a.js']],
    ['[ab].*', ['a.js', 'b.ts']],
    ['[!a].ts', ['b.ts']],
    ['[a-b].{js,ts}', ['a.js', 'b.ts']],
    ['we{ird[[]1].js', ['we{ird[1].js']],
    ['nothing/**', []],
  ])('%s matches what it says', (glob, expected) => {
    expect(PATHS.filter(compileGlob(glob))).toEqual(expected);
  });

  test.each([
    ['dist/**', 'dist'],
    ['dist/a.js', 'dist/a.js'],
    ['./a/b/*.js', 'a/b'],
    ['**/*.js', '.'],
    ['*', '.'],
    ['{a,b}/c', '.'],
  ])('%s can only match below %s', (glob, folder) => {
    expect(fixedFolder(glob)).toBe(folder);
  });
});
