import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManifestError, parse } from '../../lib/domain/manifest/index.ts';
import { Service } from '../../lib/domain/manifest/schema.ts';
import { VariableName } from '../../lib/domain/values.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'manifest.md'), 'utf8');

/** Code blocks of a language, each with the line that it begins on. */
function blocks(language: string): { line: number; code: string }[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }));
}

describe('docs/manifest.md', () => {
  it('has examples', () => {
    expect(blocks('yaml').length).toBeGreaterThan(2);
    expect(blocks('yaml refused').length).toBeGreaterThan(1);
  });

  for (const { line, code } of blocks('yaml'))
    it(`the example in line ${line} is a manifest`, () => {
      expect(Object.keys(parse(code).manifest.services)).not.toEqual([]);
    });

  for (const { line, code } of blocks('yaml refused'))
    it(`the example in line ${line} is refused, with the message that stands in it`, () => {
      const promised = /^# (staithe\.yaml:.+)$/m.exec(code)?.[1];
      expect(() => parse(code)).toThrow(ManifestError);
      expect(() => parse(code)).toThrow(promised ?? 'a message in the example');
    });

  it('names every field of a service', () => {
    const undocumented = Object.keys(Service.shape).filter(
      (field) => !new RegExp(`^\\| \`${field}\` +\\|`, 'm').test(text),
    );
    expect(undocumented).toEqual([]);
  });

  it('names as reserved what is refused', () => {
    const sentence = /Reserved are ([^.]*)\./.exec(text)?.[1] ?? '';
    const names = [...sentence.matchAll(/`([A-Z_*]+)`/g)].map(([, name = '']) => name.replace('*', 'X'));
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => VariableName.safeParse(name).success)).toEqual([]);
  });
});
