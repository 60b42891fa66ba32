import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = globSync(
  ['*.md', 'docs/*.md', 'examples/*/*.md', 'embedded-cloud/*.md', 'embedded-cloud/docs/*.md'],
  { cwd: ROOT },
).sort();

/** Text without code blocks and comments, in which nothing is a link and nothing a heading. */
const proseOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replace(/^( *)(`{3,}).*\n[\s\S]*?^\1\2 *$/gm, '')
    .replace(/<!--[\s\S]*?-->/g, '');

/** The anchors of a page as GitHub makes them: lower case, without punctuation, spaces as hyphens, repeats numbered. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(file).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  for (const [, id = ''] of proseOf(file).matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Inline links and pictures that lead into the checkout. */
function linksOf(file: string): string[] {
  const withoutCode = proseOf(file).replace(/(`+)[^`]*?\1/g, '`');
  return [...withoutCode.matchAll(/\]\(<?([^)>\s]+)>?(?: "[^"]*")?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** @returns what is wrong with a link, or undefined */
function problemOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), decodeURI(path));
  if (relative(ROOT, target).startsWith('..')) return 'leads out of the checkout';
  if (!existsSync(target)) return 'does not exist';
  if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith('.md')) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : `has no heading #${anchor}`;
}

describe('links in the documentation', () => {
  it('there are pages to read', () => {
    expect(PAGES).toContain('docs/architecture.md');
  });

  for (const page of PAGES)
    it(`${page} leads only to files and headings that exist`, () => {
      const file = join(ROOT, page);
      const broken = linksOf(file).flatMap((link) => {
        const problem = problemOf(file, link);
        return problem === undefined ? [] : [`${link} ${problem}`];
      });
      expect(broken).toEqual([]);
    });
});

describe('alarms', () => {
  it('each names a section of the runbook that exists', () => {
    const source = readFileSync(join(ROOT, 'lib', 'infrastructure', 'monitoring.ts'), 'utf8');
    const runbook = anchorsOf(join(ROOT, 'docs', 'operations.md'));
    // this.alarm(id, what, section, metric, threshold)
    const sections = [...source.matchAll(/this\.alarm\(\s*[^,]+,\s*[^,]+,\s*'([^']+)'/g)].flatMap(
      ([, section]) => (section === undefined ? [] : [section]),
    );
    expect(sections.length).toBe(source.split('this.alarm(').length - 1);
    expect(sections).toContain('api-failures');
    expect(sections.filter((section) => !runbook.has(section))).toEqual([]);
  });
});
