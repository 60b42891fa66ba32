import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManifestError, parse } from '../../lib/domain/manifest/index.ts';
import { manifestJsonSchema } from '../../lib/domain/manifest/json-schema.ts';
import { VariableName } from '../../lib/domain/values.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(ROOT, 'docs', 'manifest.md'), 'utf8');

/** Code blocks of a language, each with the line that it begins on. */
function blocks(language: string, text: string): { line: number; code: string }[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }));
}

describe('docs/manifest.md', () => {
  it('has examples', () => {
    expect(blocks('yaml', text).length).toBeGreaterThan(2);
    expect(blocks('yaml refused', text).length).toBeGreaterThan(1);
  });

  for (const { line, code } of blocks('yaml', text))
    it(`the example in line ${line} is a manifest`, () => {
      expect(Object.keys(parse(code).manifest.services)).not.toEqual([]);
    });

  for (const { line, code } of blocks('yaml refused', text))
    it(`the example in line ${line} is refused, with the message that stands in it`, () => {
      const promised = /^# (staithe\.yaml:.+)$/m.exec(code)?.[1];
      expect(() => parse(code)).toThrow(ManifestError);
      expect(() => parse(code)).toThrow(promised ?? 'a message in the example');
    });

  it('names every field that a manifest can have', () => {
    const undocumented = [...fieldsOf(manifestJsonSchema())].filter(
      (field) => !new RegExp(`^\\| \`([a-z_]+\\.)?${field}\` +\\|`, 'm').test(text),
    );
    // What is explained in the row of the field around it.
    expect(undocumented.sort()).toEqual(['auth']);
  });

  it('names as reserved what is refused', () => {
    const sentence = /Reserved are ([^.]*)\./.exec(text)?.[1] ?? '';
    const names = [...sentence.matchAll(/`([A-Z_*]+)`/g)].map(([, name = '']) => name.replace('*', 'X'));
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => VariableName.safeParse(name).success)).toEqual([]);
  });
});

/** Names of all fields of a JSON Schema, at any depth. */
function fieldsOf(schema: unknown): Set<string> {
  if (typeof schema !== 'object' || schema === null) return new Set();
  return new Set(
    Object.entries(schema).flatMap(([name, member]) => [
      ...(name === 'properties' ? Object.keys(Object(member)) : []),
      ...fieldsOf(member),
    ]),
  );
}

describe('other pages', () => {
  const pages = globSync(['README.md', 'docs/*.md', 'examples/*/*.md'], { cwd: ROOT });
  const examples = pages.flatMap((page) =>
    blocks('yaml', readFileSync(join(ROOT, page), 'utf8')).map(({ line, code }) => ({ page, line, code })),
  );

  it('have examples of manifests too', () => {
    expect(examples.map(({ page }) => page)).toContain('README.md');
  });

  it.each(examples.filter(({ page }) => page !== 'docs/manifest.md'))(
    '$page shows a manifest in line $line',
    ({ code }) => {
      expect(Object.keys(parse(code).manifest.services)).not.toEqual([]);
    },
  );
});
