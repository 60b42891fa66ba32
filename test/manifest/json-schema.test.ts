/** The published JSON Schema: editors complete and explain by it, and never call wrong what Staithe takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { readDocument } from '../../lib/domain/manifest/document.ts';
import { parse } from '../../lib/domain/manifest/index.ts';
import { manifestJsonSchema } from '../../lib/domain/manifest/json-schema.ts';
import { positionsIn } from '../../lib/domain/manifest/position.ts';
import { Manifest } from '../../lib/domain/manifest/schema.ts';
import { manifestData } from './arbitrary.ts';
import { change, changed } from './mutations.ts';

const SEED = 20_261_121;
const schema = manifestJsonSchema();
/** A reading of the document that knows nothing of the schema that it was made of. */
const byDocument = z.fromJSONSchema(JSON.parse(JSON.stringify(schema)));

/** What the schema gets to see of a document; undefined for one that is refused before. */
function readable(document: Document): unknown {
  try {
    const text = document.toString();
    const { data, mistakes } = readDocument(text, positionsIn(text));
    return mistakes.length === 0 ? data : undefined;
  } catch {
    return undefined;
  }
}

describe('docs/staithe.schema.json', () => {
  test('is the schema of this version: npx staithe manifest schema > docs/staithe.schema.json', () => {
    const file = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'staithe.schema.json'), 'utf8');

    expect(JSON.parse(file)).toEqual(schema);
  });

  test('is of draft 2020-12, and every field is explained in a sentence', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const unexplained: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [name, member] of Object.entries(node)) {
        if (name === 'properties' && typeof member === 'object' && member !== null)
          for (const [field, about] of Object.entries(member)) {
            const said: unknown = Reflect.get(Object(about), 'description');
            if (typeof said !== 'string' && !('const' in Object(about))) unexplained.push(`${path}.${field}`);
          }
        visit(member, `${path}.${name}`);
      }
    };
    visit(schema, '');
    expect(unexplained).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  test('takes every manifest that Staithe takes', () => {
    fc.assert(
      fc.property(manifestData, (data) => {
        expect(Manifest.safeParse(data).success).toBe(true);
        expect(byDocument.safeParse(data).error).toBeUndefined();
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('refuses nothing that Staithe takes, however it was changed; and refuses most of what Staithe refuses', () => {
    let refusedByBoth = 0;
    let refusedByStaithe = 0;
    fc.assert(
      fc.property(manifestData, fc.array(change, { minLength: 1, maxLength: 3 }), (data, changes) => {
        const document = new Document(data);
        for (const one of changes) changed(document, one);
        const written = readable(document);
        if (written === undefined) return;
        const taken = Manifest.safeParse(written).success;
        const takenByDocument = byDocument.safeParse(written).success;
        if (taken) expect(takenByDocument).toBe(true);
        else refusedByStaithe += 1;
        if (!taken && !takenByDocument) refusedByBoth += 1;
      }),
      { seed: SEED, numRuns: 1000 },
    );
    expect(refusedByBoth / refusedByStaithe).toBeGreaterThan(0.8);
  });

  test.each([
    ['an unknown field', 'services: {a: {comands: []}}'],
    ['an unknown field of the whole', 'services: {a: {}}\nservice: {}'],
    ['no services', 'registry: none'],
    ['a wrong kind', 'services: {a: {commands: make}}'],
    ['a wrong word', 'services: {a: {resources: {architecture: arm}}}'],
    ['a wrong name', 'services: {A_b: {}}'],
    ['a wrong name of a secret', 'services: {a: {secrets: [npm-token]}}'],
    [
      'a field that does nothing yet',
      'services: {a: {}}\npipelines: {p: {steps: [{name: x, action: {type: build}}]}}',
    ],
    ['a wrong duration', 'services: {a: {timeout: soon}}'],
  ])('refuses %s as Staithe does', (_, text) => {
    expect(byDocument.safeParse(parseYaml(text)).success).toBe(false);
    expect(() => parse(text)).toThrow(/^staithe\.yaml:/);
  });
});
