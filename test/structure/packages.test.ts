/** The embedded cloud is a product of its own: it stands in this repository, and nothing of it leans on Staithe. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const CLOUD = 'embedded-cloud';
const CODE = '**/*.{ts,mts,mjs,cjs}';

const Versions = z.record(z.string(), z.string()).default({});
const Manifest = z.object({
  dependencies: Versions,
  optionalDependencies: Versions,
  peerDependencies: Versions,
  devDependencies: Versions,
});
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const manifest = (file: string) => Manifest.parse(JSON.parse(read(file)));

/** The first or the last line of an import, `import(…)`, and a file beside this one by its URL. */
const IMPORT =
  /(?:^(?:import|export)\b[^'\n]* from |^import |^\} from |\bimport\(|\bnew URL\()'([\w@.:/-]+)'/gm;

/** Every specifier of an import, a dynamic import or a `new URL(…, import.meta.url)`, with the file that has it. */
function specifiers(patterns: string[]): { file: string; specifier: string }[] {
  return globSync(patterns, { cwd: ROOT, exclude: ['**/node_modules/**'] }).flatMap((file) =>
    [...read(file).matchAll(IMPORT)].map(([, specifier = '']) => ({
      file,
      specifier,
    })),
  );
}
const target = ({ file, specifier }: { file: string; specifier: string }) =>
  specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), specifier)) : specifier;

const inside = specifiers([`${CLOUD}/${CODE}`]);
const outside = specifiers(
  ['bin', 'lib', 'functions', 'stepfunctions', 'test', 'bench'].map((top) => `${top}/${CODE}`),
);

describe('the embedded cloud', () => {
  it('is imported by the name of its package alone', () => {
    const reaching = outside.filter(
      (each) => each.specifier.startsWith('.') && target(each).startsWith(`${CLOUD}/`),
    );

    expect(outside.some(({ specifier }) => specifier === CLOUD)).toBe(true);
    expect(reaching).toEqual([]);
  });

  it('imports nothing that stands outside of it', () => {
    const leaving = inside.filter(
      (each) => each.specifier.startsWith('.') && !target(each).startsWith(`${CLOUD}/`),
    );

    expect(inside.length).toBeGreaterThan(500);
    expect(leaving).toEqual([]);
  });

  it('runs on what its own package.json depends on', () => {
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest(
      `${CLOUD}/package.json`,
    );
    const known: Record<string, Record<string, string>> = {
      src: { ...dependencies, ...optionalDependencies },
      // Whoever uses the kit has what it is for: tests.
      'test-kit': { ...dependencies, ...optionalDependencies, ...peerDependencies },
      test: { ...dependencies, ...optionalDependencies, ...devDependencies },
    };
    const strangers = inside.filter(({ file, specifier }) => {
      const packages = known[file.split('/')[1] ?? ''];
      if (packages === undefined || /^(\.|node:)/.test(specifier)) return false;
      const names = Object.keys(packages);
      return !names.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    });

    expect(strangers).toEqual([]);
  });

  it('has no version of a package that Staithe has in another', () => {
    const cloud = manifest(`${CLOUD}/package.json`);
    const { devDependencies } = manifest('package.json');
    const all = { ...cloud.dependencies, ...cloud.optionalDependencies, ...cloud.devDependencies };

    const other = Object.entries(all).filter(
      ([name, version]) => (devDependencies[name] ?? version) !== version,
    );

    expect(other).toEqual([]);
  });

  it('does not know of Staithe', () => {
    const files = globSync(`${CLOUD}/**/*`, {
      cwd: ROOT,
      exclude: ['**/node_modules/**'],
      withFileTypes: true,
    });
    const knowing = files
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((file) => /staithe/i.test(read(file)));

    expect(knowing).toEqual([]);
  });
});
