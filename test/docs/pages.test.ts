/** Every command that the documentation shows is run, page by page, in a scratch copy of the checkout. */

import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../system/assembly.ts';
import { type Staithe, sharedStaithe } from '../system/server.ts';
import { blocksThatCannotRun, linesThatCannotRun, runnable, SHOWN_ID } from './runnable.ts';
import { type Samples, Scratch } from './scratch.ts';
import { pagesWithCommands, type ShellBlock, shellBlocksOf } from './shell-blocks.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe?.[Symbol.asyncDispose]());

/** Each page has projects of its own, as each begins with the same ones. */
const withOwnProjects = (code: string, page: string) =>
  code.replaceAll(
    /(--project |--function |--grant |project (?:create|update) |STAITHE_PROJECT=|\\?"project\\?":\\?")([a-z]+)/g,
    (_, before: string, slug: string) => `${before}${slug}-${page}`,
  );

const CREATED = /project create ([a-z-]+)/g;
const USED = /(?:--project |project update |STAITHE_PROJECT=)([a-z-]+)/g;
const slugsIn = (code: string, pattern: RegExp) =>
  [...code.matchAll(pattern)].flatMap(([, slug]) => slug ?? []);

/** The page as one script: variables of one block are there in the next. Before each block it says where that stands. */
const scriptOf = (blocks: readonly ShellBlock[], page: string, samples: Samples, folder: string) =>
  [
    'set -eo pipefail',
    ...blocks.map(
      (block) =>
        `echo "@@ ${block.page}:${block.line}"\n${withOwnProjects(runnable(block.code, samples, folder), page)}`,
    ),
  ].join('\n');

const TOOLS = ['bash', 'curl', 'git', 'jq', 'python3'] as const;

describe('the commands of', needs(...TOOLS), () => {
  const pages = pagesWithCommands(ROOT).map((page) => {
    const all = shellBlocksOf(ROOT, page);
    const end =
      page === 'docs/cli.md' ? all.findIndex(({ code }) => code.startsWith('staithe ')) : all.length;
    return { page, blocks: all.slice(0, end).filter(({ code }) => !blocksThatCannotRun.matches(code)) };
  });

  test.each(pages.filter(({ blocks }) => blocks.length > 0))('$page run', async ({ page, blocks }) => {
    const own = page
      .replaceAll(/\W+/g, '-')
      .toLowerCase()
      .replace(/^docs-|-md$/g, '')
      .replace(/-md$/, '');
    using scratch = new Scratch(staithe);
    let samples: Samples = new Map();
    if (blocks.some(({ code }) => SHOWN_ID.test(code))) {
      await staithe.client.call('createProject', { body: { slug: `samples-${own}` } });
      samples = await scratch.makeSamples(`samples-${own}`);
    }
    const script = scriptOf(blocks, own, samples, scratch.folder);
    const made = new Set(slugsIn(script, CREATED));
    for (const slug of new Set(slugsIn(script, USED)))
      if (!made.has(slug)) await staithe.client.call('createProject', { body: { slug } });

    const { code, said } = await scratch.bash(script);

    const where = said.split('@@ ').at(-1) ?? '';
    expect(
      code,
      `A command fails in ${where}\nCorrect it, or add a rule with its reason to test/docs/runnable.ts.`,
    ).toBe(0);
  });
});

test('each reason not to run a command is still needed', () => {
  for (const page of pagesWithCommands(ROOT))
    for (const { code } of shellBlocksOf(ROOT, page)) runnable(code, new Map(), '/tmp');

  expect([...blocksThatCannotRun.unused(), ...linesThatCannotRun.unused()]).toEqual([]);
});
