/** Whatever text comes, it is a manifest, or a mistake at a place of the text. Seeded: a failing case prints how to repeat it. */

import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import { samples } from 'embedded-cloud/test-kit/samples.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document } from 'yaml';
import { canonicalManifest, hashOf, ManifestError, parse, textOf } from '../../lib/domain/manifest/index.ts';
import { manifestData } from './arbitrary.ts';
import { change, changed, slip, slipped } from './mutations.ts';

const SEED = 20_261_121;

/** @returns whether it was a manifest */
function readOrRefused(text: string): boolean {
  try {
    const { manifest, hash } = parse(text, 'a.yaml');
    expect(hashOf(manifest)).toBe(hash);
    expect(parse(canonicalManifest(manifest)).hash).toBe(hash);
    return true;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    expectPlaced(error, text);
    return false;
  }
}

function expectPlaced(error: ManifestError, text: string): void {
  const lines = text.split('\n');
  expect(error.mistakes.length).toBeGreaterThan(0);
  for (const { line, column, reason } of error.mistakes) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
    expect(reason).not.toBe('');
  }
  expect(error.message).toMatch(/^a\.yaml:\d+:\d+: /);
}

describe('manifests that fast-check writes', () => {
  test('are manifests: what follows breaks good ones', () => {
    fc.assert(
      fc.property(manifestData, (data) => {
        expect(readOrRefused(new Document(data).toString())).toBe(true);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('with nodes deleted, doubled, retyped, renamed, aliased, tagged or merged', () => {
    let manifests = 0;
    let refused = 0;
    fc.assert(
      fc.property(manifestData, fc.array(change, { minLength: 1, maxLength: 4 }), (data, changes) => {
        const document = new Document(data);
        for (const one of changes) changed(document, one);
        let text: string;
        try {
          text = document.toString();
        } catch {
          return; // the writer of YAML refuses it: an alias before its anchor, a key that cannot be written
        }
        if (readOrRefused(text)) manifests += 1;
        else refused += 1;
      }),
      { seed: SEED, numRuns: samples(2000) },
    );
    expect(manifests).toBeGreaterThan(samples(100));
    expect(refused).toBeGreaterThan(samples(1000));
  });

  test('with text cut out and put in', () => {
    let manifests = 0;
    let refused = 0;
    fc.assert(
      fc.property(manifestData, fc.array(slip, { minLength: 1, maxLength: 3 }), (data, slips) => {
        if (readOrRefused(slips.reduce(slipped, new Document(data).toString()))) manifests += 1;
        else refused += 1;
      }),
      { seed: SEED, numRuns: samples(2000) },
    );
    expect(manifests).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(samples(1000));
  });
});

describe('text of any kind', () => {
  test('is refused at a place, or is a manifest', () => {
    const json = fc.json().map((inner) => `{"services": {"web": ${inner}}}`);
    const kinds = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 200 }),
      fc.string({ maxLength: 200 }),
      fc.json(),
      json,
    );
    fc.assert(
      fc.property(kinds, (text) => {
        readOrRefused(text);
      }),
      { seed: SEED, numRuns: samples(2000) },
    );
  });

  test('bytes of any kind are text, or refused at a place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const lossy = Buffer.from(bytes).toString('utf8');
        try {
          expect(textOf(bytes, 'a.yaml')).toBe(lossy);
        } catch (error) {
          if (!(error instanceof ManifestError)) throw error;
          expectPlaced(error, lossy);
        }
      }),
      { seed: SEED, numRuns: samples(1000) },
    );
  });
});

/** 64 KiB of what costs a parser most: the size at which a quadratic one is felt. */
const SIZE = 64 * 1024;
const WALLS: [string, string][] = [
  ['open lists', '['],
  ['open maps', '{a: '],
  ['open lists of maps', '[{'],
  ['compact lists', '- '],
  ['complex keys', '? '],
  ['colons', ': '],
  ['commas', '[,'],
  ['closing brackets', ']'],
  ['quotes', '"'],
  ['anchors', '&a '],
  ['tags', '! '],
  ['aliases', '*a '],
  ['directives', '%A\n'],
  ['documents', '---\n'],
  ['empty lines', '\n'],
  ['comments', '#\n'],
  ['tabs', '\t'],
  ['NUL characters', '\0'],
  ['byte order marks', '\ufeff'],
];

describe('a wall of', () => {
  test.each(WALLS)('%s is refused at a place', (_, brick) => {
    expect(readOrRefused(brick.repeat(SIZE / brick.length))).toBe(false);
  });

  test.each([
    ['keys', Array.from({ length: 8000 }, (_, n) => `k${n}:`).join('\n')],
    ['doubled keys', 'services:\n'.repeat(6000)],
    ['services', `services: {${Array.from({ length: 6000 }, (_, n) => `s${n}: {}`).join(', ')}}`],
    ['wrong commands', `services: {a: {commands: [${'1,'.repeat(20_000)}]}}`],
    [
      'anchors with aliases',
      `services:\n${Array.from({ length: 5000 }, (_, n) => ` a${n}: [&x${n} b, *x${n}]`).join('\n')}`,
    ],
    ['aliases of one large list', `a: &a [${'x,'.repeat(4000)}]\nservices: {b: [${'*a,'.repeat(4000)}]}`],
    [
      'aliases of aliases',
      ['a: &a0 [x]', ...Array.from({ length: 40 }, (_, n) => `b${n}: &a${n + 1} [*a${n}, *a${n}]`)].join(
        '\n',
      ),
    ],
    ['indentation', Array.from({ length: 350 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
    ['one long line', `services: {a: {context: ${'x'.repeat(SIZE)}}}`],
  ])('%s is refused at a place', (_, text) => {
    expect(readOrRefused(text)).toBe(false);
  });
});
