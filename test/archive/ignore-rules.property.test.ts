import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { git, namedByGit, namesPacked } from './checkout.ts';
import { Sandbox } from './sandbox.ts';

const COUNT = { numRuns: Number(process.env.STAITHE_FUZZ_RUNS ?? 25) };

afterEach(() => vi.unstubAllEnvs());

describe('in a checkout', needs('git'), () => {
  /** Names of few letters, so that rules and files meet; with variants of case. */
  const name = fc.constantFrom('a', 'A', 'b', 'b.o', 'B.O', 'c d', '.x', 'node_modules', 'a!', '#a');

  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

  const rule = fc
    .tuple(
      fc.constantFrom('', '', '!', '/'),
      fc.constantFrom(
        'a',
        'A',
        'b',
        '*.o',
        '*',
        'a/b',
        '**/b',
        'a/**',
        'b*',
        '?',
        '[ab]',
        'node_modules',
        '\\#a',
        'c d',
      ),
      fc.constantFrom('', '', '/'),
    )
    .map(([before, pattern, after]) => `${before}${pattern}${after}`);

  const rules = fc.array(rule, { minLength: 1, maxLength: 4 }).map((lines) => `${lines.join('\n')}\n`);

  const trees = fc.record({
    paths: fc.array(path, { minLength: 1, maxLength: 12 }),
    ignoreFiles: fc.dictionary(fc.oneof(fc.constant('.'), path), rules, { maxKeys: 3 }),
    tracked: fc.array(fc.nat(11), { maxLength: 3 }),
  });

  /** A checkout; a file that is in another's way is not made. */
  function plant(
    root: string,
    { paths, ignoreFiles }: { paths: string[]; ignoreFiles: Record<string, string> },
  ): string {
    mkdirSync(root);
    const files = [
      ...paths.map((each) => [each, each]),
      ...Object.entries(ignoreFiles).map(([folder, text]) => [join(folder, '.gitignore'), text]),
    ];
    for (const [file = '', text = ''] of files) {
      try {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
      } catch {}
    }
    git(root, 'init', '-q');
    return root;
  }

  test('whatever the tree, its rules and its index, git and this program name the same files', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        using sandbox = new Sandbox();
        const root = plant(sandbox.path('tree'), tree);
        const there = readdirSync(root, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !join(entry.parentPath, '/').includes('/.git/'))
          .map((entry) => join(entry.parentPath, entry.name));
        const add = tree.tracked.flatMap((at) => there[at] ?? []);
        if (add.length > 0) git(root, 'add', '-f', ...add);
        const expected = namedByGit(root);
        fc.pre(expected.length > 0);

        const { names } = await namesPacked(sandbox, root);

        expect(names).toEqual(expected);
      }),
      COUNT,
    );
  });

  test('whatever the tree and its rules, ignore files are read as git reads them', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        using sandbox = new Sandbox();
        const root = plant(sandbox.path('tree'), tree);
        const expected = namedByGit(root);
        fc.pre(expected.length > 0);
        rmSync(join(root, '.git'), { recursive: true });

        const { names } = await namesPacked(sandbox, root);

        expect(names).toEqual(expected);
      }),
      COUNT,
    );
  });
});
