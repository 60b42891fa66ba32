/** The hash names what a manifest means: it stays the same for ever, however that is written. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, stringify } from 'yaml';
import { canonicalManifest, hashOf, parse } from '../../lib/domain/manifest/index.ts';
import { manifestData, shuffled } from './arbitrary.ts';

const SEED = 20_261_121;
const hash = (text: string): string => parse(text).hash;

describe('hashes that builds and releases name', () => {
  // A change here is a break: every manifest_hash that was written down would name nothing any more.
  test.each([
    [
      'services: {hello: {}}',
      '{"services":{"hello":{}}}',
      'sha256:4429dbfd38e197028a92a498a54314fae002a9fb1a337967faa80fe112074774',
    ],
    [
      'services: {api: {context: ./api/, commands: [make], timeout: 5m, secrets: [NPM_TOKEN], toolchain: node@24}}',
      '{"services":{"api":{"commands":["make"],"context":"api","secrets":[{"name":"NPM_TOKEN"}],"timeout":300,"toolchain":["node@24"]}}}',
      'sha256:40ecbe4f8f88816bd9e079b90d1fea49d8673133ace6e1c3a1774f29fef0b2f4',
    ],
    [
      'services: {web: {dockerfile: Dockerfile, artifacts: out/**}}\nregistry: {host: docker.io, auth: {token_secret: T}}\nfail_fast: true',
      '{"fail_fast":true,"registry":{"auth":{"token_secret":"T"},"host":"docker.io"},"services":{"web":{"artifacts":[{"paths":["out/**"]}],"dockerfile":"Dockerfile"}}}',
      'sha256:560ab5957a37e04179e7f72f856234cf2d3d8b6990fd997fca9a3da2922a44cf',
    ],
  ])('%s', (text, canonical, expected) => {
    expect(canonicalManifest(parse(text).manifest)).toBe(canonical);
    expect(hash(text)).toBe(expected);
  });
});

describe('the same manifest has the same hash', () => {
  const plain = hash('services: {a: {commands: [x, y]}, b: {env: {K: v}}}');

  test.each([
    ['with comments', '# why\nservices:\n  a: {commands: [x, y]} # so\n  b: {env: {K: v}}\n'],
    ['in another order of keys', 'services: {b: {env: {K: v}}, a: {commands: [x, y]}}'],
    [
      'in blocks',
      'services:\n  a:\n    commands:\n      - x\n      - "y"\n  b:\n    env:\n      K: |-\n        v\n',
    ],
    ['as JSON', '{"services": {"a": {"commands": ["x", "y"]}, "b": {"env": {"K": "v"}}}}'],
    ['with aliases', 'services: {a: {commands: [&x x, y]}, b: {env: {K: v}, context: &c ., artifacts: *c}}'],
    ['with empty lists', 'services: {a: {commands: [x, y], toolchain: [], cache: []}, b: {env: {K: v}}}'],
    [
      'with defaults written out',
      'registry: native\nfail_fast: false\nservices: {a: {commands: [x, y], context: ./, env: {}, timeout: 15m, resources: {}, matrix: {}}, b: {env: {K: v}, commands: [], secrets: []}}',
    ],
  ])('%s', (name, text) => {
    if (name === 'with aliases') {
      expect(hash(text)).toBe(hash('services: {a: {commands: [x, y]}, b: {env: {K: v}, artifacts: .}}'));
    } else expect(hash(text)).toBe(plain);
  });

  test('in any order of its keys, with all its defaults filled in, and in its canonical form', () => {
    fc.assert(
      fc.property(manifestData, fc.infiniteStream(fc.nat()), (data, order) => {
        const read = parse(new Document(data).toString());

        expect(hash(stringify(shuffled(data, () => order.next().value ?? 0)))).toBe(read.hash);
        expect(hash(JSON.stringify(read.manifest))).toBe(read.hash);
        expect(hash(canonicalManifest(read.manifest))).toBe(read.hash);
        expect(parse(canonicalManifest(read.manifest)).manifest).toEqual(read.manifest);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('another manifest has another hash', () => {
  test('when anything that counts is changed', () => {
    const texts = [
      'services: {a: {}}',
      'services: {b: {}}',
      'services: {a: {commands: [x]}}',
      'services: {a: {commands: [x, x]}}',
      'services: {a: {env: {A: ""}}}',
      'services: {a: {timeout: 901}}',
      'services: {a: {artifacts: "**"}}',
      'services: {a: {artifacts: [{paths: "**", format: tar.gz}]}}',
      'services: {a: {secrets: [{name: S, branches: [main]}]}}',
      'services: {a: {secrets: [S]}}',
      'services: {a: {}}\nregistry: none',
      'services: {a: {}}\nfail_fast: true',
    ];

    expect(new Set(texts.map(hash)).size).toBe(texts.length);
  });

  test('whose canonical form is another one', () => {
    fc.assert(
      fc.property(manifestData, manifestData, (one, other) => {
        const [a, b] = [one, other].map((data) => parse(new Document(data).toString()).manifest);
        if (a === undefined || b === undefined) throw new Error('Two were written.');
        expect(hashOf(a) === hashOf(b)).toBe(canonicalManifest(a) === canonicalManifest(b));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
