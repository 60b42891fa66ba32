/** A file is about one thing. What is longer than this is about several, unless it is a table of data. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Four screens. Most files have less than 200 lines (CONTRIBUTING.md). */
const MAX_LINES = 250;

/** Tables of data, which are read by looking something up in them. */
const TABLES: readonly string[] = [
  'embedded-cloud/test/stepfunctions/state-cases.ts',
  'lib/domain/error-codes.ts',
  'lib/domain/storage/keys.ts',
  'lib/infrastructure/needs.ts',
  'test/archive/crafted/tar.ts',
  'test/archive/crafted/trees.ts',
  'test/archive/crafted/zip.ts',
  'test/diagnosis/make/cases/images.ts',
  'test/diagnosis/make/cases/jvm-beam.ts',
  'test/diagnosis/make/cases/packages.ts',
  'test/diagnosis/make/cases/shell-git.ts',
  'test/structure/request-fields.ts',
];

const long = globSync(
  '{bench,bin,embedded-cloud,examples,functions,lib,stepfunctions,test}/**/*.{ts,mjs,cjs,yaml}',
  {
    cwd: ROOT,
    exclude: ['**/node_modules/**'],
  },
).filter((file) => readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n').length > MAX_LINES);

test(`no file has more than ${MAX_LINES} lines, but for tables of data`, () => {
  expect(long.filter((file) => !TABLES.includes(file))).toEqual([]);
});

test('each of these tables is there, and as long as that', () => {
  expect(TABLES.filter((file) => !long.includes(file))).toEqual([]);
});
