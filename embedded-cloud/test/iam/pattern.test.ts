import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternWithVariables, wildcard } from '../../src/iam/pattern.ts';

/** The definition of a wildcard match, word for word and slow: what the fast matcher is measured against. */
function matchesByDefinition(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first === '*')
    return Array.from({ length: text.length + 1 }, (_, i) => text.slice(i)).some((end) =>
      matchesByDefinition(rest, end),
    );
  return text !== '' && (first === '?' || first === text[0]) && matchesByDefinition(rest, text.slice(1));
}

const letters = (alphabet: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), maxLength });

describe('wildcards', () => {
  it('match exactly what their definition says', () => {
    fc.assert(
      fc.property(letters('ab*?', 7), letters('ab', 8), (pattern, text) => {
        expect(wildcard(pattern).matches(text)).toBe(matchesByDefinition(pattern, text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('match a text that was made by filling a pattern', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(letters('ab:/', 4), letters('ab:/', 4)), { maxLength: 5 }), (parts) => {
        const pattern = parts.map(([fixed]) => `${fixed}*`).join('');
        const text = parts.map(([fixed, filling]) => fixed + filling).join('');
        expect(wildcard(pattern).matches(text)).toBe(true);
      }),
    );
  });

  it('answer at once for a pattern that makes a backtracking matcher hang', () => {
    const pattern = wildcard(`${'a*'.repeat(200)}b`);
    expect(pattern.matches('a'.repeat(5_000))).toBe(false);
  });
});

describe('policy variables', () => {
  const lookup = (key: string) => (key === 'aws:username' ? ['a*'] : undefined);

  it('stand for the values of the request, whose own stars are plain characters', () => {
    const home = patternWithVariables(`home/\${aws:username}/?`);
    expect(home.matches('home/a*/x', lookup)).toBe(true);
    expect(home.matches('home/abc/x', lookup)).toBe(false);
  });

  it('match nothing when the request has no such value, unless the policy gives a default', () => {
    expect(patternWithVariables(`\${aws:PrincipalTag/team}`).matches('', lookup)).toBe(false);
    expect(patternWithVariables(`\${aws:PrincipalTag/team, 'core'}`).matches('core', lookup)).toBe(true);
  });

  it('escape the special characters', () => {
    expect(patternWithVariables(`\${*}.txt`).matches('*.txt', lookup)).toBe(true);
    expect(patternWithVariables(`\${*}.txt`).matches('a.txt', lookup)).toBe(false);
  });
});
