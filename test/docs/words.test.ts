/** The pages are written in plain words: what docs/style.md replaces by standard terms is in none of them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../system/assembly.ts';

/** docs/decisions.md keeps its old entries; docs/style.md lists the words. */
const EXCEPT = new Set(['docs/decisions.md', 'docs/style.md']);
const PAGES = globSync(
  ['*.md', 'docs/*.md', 'examples/*/*.md', 'embedded-cloud/*.md', 'embedded-cloud/docs/*.md'],
  {
    cwd: ROOT,
  },
).filter((page) => !EXCEPT.has(page));

const REPLACED =
  /\b(?:whoever|somebody|nobody|anew|(?:goes|go|went) on|under way|comes? to nothing|came to nothing|brok(?:e|en) off|mend(?:s|ed)?|tak(?:e|es|en) away|left out|leaves? out|forg(?:et|ets|ot|otten)|stands? (?:in|for)|are the most|is none)\b/gi;

/** Prose alone: code, generated parts and measurements follow from elsewhere. */
const proseOf = (page: string): string =>
  readFileSync(join(ROOT, page), 'utf8')
    .replace(/^<!-- (?:generated: .*|measured) -->[\s\S]*?^<!-- (?:end|\/measured) -->$/gm, '')
    .replace(/^( *)(`{3,}).*\n[\s\S]*?^\1\2 *$/gm, '')
    .replace(/`[^`\n]*`/g, '');

it.each(PAGES)('%s uses the words of the style guide', (page) => {
  const found = [...proseOf(page).matchAll(REPLACED)].map(([words]) => words);

  expect(found).toEqual([]);
});
