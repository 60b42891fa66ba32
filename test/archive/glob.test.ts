import fc from 'fast-check';
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
    ['[!a-z]*', ['.env']],
    ['[^a-c].ts', []],
    ['[b-a].ts', []],
    ['[!b-a].ts', ['b.ts']],
    ['d??t/a.js', ['dist/a.js']],
    ['{a,{b,c}}.{js,ts}', ['a.js', 'b.ts']],
    ['{a', []],
    ['.*', ['.env']],
    ['dist/*/b.js', ['dist/.x/b.js']],
    ['DIST/a.js', []],
  ])('%s matches what it says', (glob, expected) => {
    expect(PATHS.filter(compileGlob(glob))).toEqual(expected);
  });

  test.each([
    '[',
    '[]',
    '[]]',
    '[!]',
    '[&-]',
    '[\\^]',
    '{',
    '}',
    '{}',
    '{,}',
    '**a',
    'a**',
    '[a-]',
    '[--z]',
    '[a-z',
  ])('of odd signs is read, and matches or does not: %s', (glob) => {
    expect(PATHS.filter(compileGlob(glob))).toEqual(expect.any(Array));
  });

  test('of any signs is read, and one without any matches its own name', () => {
    const sign = fc.constantFrom(...'ab.-!^&|*?[]{},/$()+ \u00e9\u{1f600}');
    fc.assert(
      fc.property(fc.string({ unit: sign, minLength: 1, maxLength: 12 }), (text) => {
        expect(() => compileGlob(text)('a/b')).not.toThrow();
        const plain = text.replace(/[*?[\]{},/]/g, '');
        if (plain !== '' && plain !== '.') expect(compileGlob(plain)(plain)).toBe(true);
      }),
    );
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
