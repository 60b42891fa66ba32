/** Names and sources of events stand in the registry alone (lib/contract/events), so that who publishes and who listens agree. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AWS_EVENTS, FAMILIES } from '../../lib/contract/events/index.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const REGISTRY = 'lib/contract/events/';
const SPECS = [...FAMILIES.flatMap(({ events }) => Object.values(events)), ...AWS_EVENTS];

const sources = globSync(['{bench,bin,functions,lib,stepfunctions}/**/*.{ts,mjs,yaml}'], { cwd: ROOT })
  .filter((file) => !file.startsWith(REGISTRY))
  .map((file) => ({ file, code: withoutComments(readFileSync(join(ROOT, file), 'utf8')) }));

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|^\s*(\/\/|#).*$/gm, '');
}

const quoted = (text: string) => new RegExp(`(['"\`])${text}\\1`);

describe('outside of the registry', () => {
  test.each(SPECS)('nobody writes $name', ({ name }) => {
    expect(sources.filter(({ code }) => quoted(name).test(code)).map(({ file }) => file)).toEqual([]);
  });

  test('nobody names a source: a rule takes its pattern from the registry, the bus its entries', () => {
    const named = sources.filter(({ code }) =>
      [...new Set(SPECS.map(({ source }) => source))].some((source) =>
        new RegExp(`\\b[Ss]ource: (\\[\\s*)?${quoted(source).source.replace('\\1', '\\2')}`).test(code),
      ),
    );
    const patterns = sources.filter(({ code }) =>
      /\b(eventPattern: \{|detailType: ?\[|DetailType: ')/.test(code),
    );

    expect(named.map(({ file }) => file)).toEqual([]);
    expect(patterns.map(({ file }) => file)).toEqual([]);
  });

  test('each listener reads what it gets through the registry, or reads nothing of it', () => {
    // The relay and the audit log read the table's stream.
    const listeners = globSync('functions/events/*.ts', { cwd: ROOT }).filter(
      (file) => !/(table-changed|audit-recorded)\.ts$/.test(file),
    );
    const unread = listeners.filter((file) => {
      const code = readFileSync(join(ROOT, file), 'utf8');
      return (
        !/Events\.read\(event\)|readDetail\(\w+, event\)/.test(code) && !/handler\(_: unknown/.test(code)
      );
    });

    expect(listeners.length).toBeGreaterThan(4);
    expect(unread).toEqual([]);
  });
});
