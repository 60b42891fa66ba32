import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ManifestError, parse } from '../../lib/domain/manifest/index.ts';

function complaint(text: string, file?: string): string {
  try {
    parse(text, file);
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
  throw new Error('The manifest was expected to be refused and was not.');
}

describe('a manifest', () => {
  test('of one service has the defaults filled in', () => {
    expect(parse('services:\n  web: {}\n').manifest.services.web).toEqual({
      context: '.',
      commands: [],
      build_args: {},
      toolchain: [],
      matrix: {},
      env: {},
      secrets: [],
      cache: [],
      timeout: 900,
      resources: {},
    });
  });

  test.each([
    ['30', 30],
    ['90s', 90],
    ['15m', 900],
    ['2h', 7200],
  ])('takes %s as a timeout', (written, seconds) => {
    expect(parse(`services: {web: {timeout: ${written}}}`).manifest.services.web?.timeout).toBe(seconds);
  });

  test('takes one glob, or artifacts in full', () => {
    const { services } = parse(
      'services: {a: {artifacts: "dist/**"}, b: {artifacts: [{paths: x, format: file, name: x}]}}',
    ).manifest;

    expect(services.a?.artifacts).toEqual([{ paths: ['dist/**'], root: '.', format: 'zip' }]);
    expect(services.b?.artifacts).toEqual([{ paths: ['x'], root: '.', format: 'file', name: 'x' }]);
  });

  test('has one hash whatever the order, the comments and the spelling of defaults', () => {
    const { hash } = parse('services:\n  a: {commands: [x]}\n  b: {timeout: 15m}\n');

    expect(parse('# why\nservices:\n  b: {}\n  a: {context: ., commands: ["x"]} # so\n').hash).toBe(hash);
    expect(parse('services:\n  a: {commands: [y]}\n  b: {}\n').hash).not.toBe(hash);
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('has the same hash in any order of its keys', () => {
    const members = { context: 'web', commands: ['a', 'b'], timeout: '5m', env: { B: '1', A: '2' } };
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.entries(members), { minLength: 4 }), (entries) => {
        const text = stringify({ services: { web: Object.fromEntries(entries) } });
        expect(parse(text).hash).toBe(parse(stringify({ services: { web: members } })).hash);
      }),
    );
  });
});

describe('what is wrong is named with its place', () => {
  test.each([
    ['services:\n  web:\n    comands: [make]\n', 'staithe.yaml:3:5', 'comands'],
    ['services:\n  web:\n    timeout: 9h\n', 'staithe.yaml:3:14', '8 hours'],
    ['services:\n  web:\n    timeout: soon\n', 'staithe.yaml:3:14', 'timeout'],
    ['services:\n  Web: {}\n', 'staithe.yaml:2', 'Web'],
    ['services:\n  web:\n    env: {LD_PRELOAD: x}\n', 'staithe.yaml:3', 'LD_PRELOAD'],
    ['services:\n  web:\n    context: ../other\n', 'staithe.yaml:3:14', 'without ..'],
    ['services:\n  web:\n    context: /etc\n', 'staithe.yaml:3:14', 'inside the tree'],
    ['services:\n  web:\n    commands: [1]\n', 'staithe.yaml:3:16', 'commands.0'],
    ['services: {}\n', 'staithe.yaml:1:11', '1 to 50'],
    ['', 'staithe.yaml:1:1', 'manifest'],
    ['- a\n- b\n', 'staithe.yaml:1:1', 'manifest'],
    ['services:\n  web: {}\n  web: {}\n', 'staithe.yaml:3:3', 'duplicate'],
    ['services:\n\tweb: {}\n', 'staithe.yaml:2:1', 'ab'],
    ['services: {web: {}}\n---\nservices: {api: {}}\n', 'staithe.yaml:', 'document'],
  ])('%j at %s', (text, place, word) => {
    const message = complaint(text);

    expect(message).toContain(place);
    expect(message).toContain(word);
  });

  test('all of it at once, a line each, in the file that was read', () => {
    const lines = complaint('services:\n  a: {contxt: x}\n  b: {timeout: 0}\n', 'staithe.yml').split('\n');

    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^staithe\.yml:2:/);
    expect(lines[1]).toMatch(/^staithe\.yml:3:/);
  });

  test('a reserved variable is refused with the reason, not only as a wrong key', () => {
    expect(complaint('services:\n  web: {env: {LD_PRELOAD: x}}\n')).toMatch(/^staithe\.yaml:2:.*reserved/);
  });
});

describe('hostile text', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, n) => {
      const before = 'abcdefgh'[n];
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
    }),
    'services: {web: {commands: *i}}',
  ].join('\n');

  test('an alias bomb is refused at once', () => {
    expect(complaint(bomb)).toMatch(/alias/i);
  });

  test.each([
    ['nested lists', '['.repeat(100_000)],
    ['nested maps', '{a: '.repeat(50_000)],
    ['nested blocks', Array.from({ length: 500 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
    ['a list in a list in a list', '- '.repeat(100_000)],
    ['an anchor that names itself', 'services: &a {web: *a}'],
    ['a prototype', 'services: {__proto__: {commands: [x]}}'],
    ['a constructor', 'services: {constructor: {}}\n__proto__: {services: {}}'],
    ['an unknown tag', 'services: !!js/function "x"'],
    ['a key that is a map', '? {a: b}\n: c'],
    ['zero bytes', '\0'.repeat(100)],
  ])('%s: refused with a place', (_, text) => {
    expect(complaint(text)).toMatch(/^staithe\.yaml:\d+:\d+: /);
  });

  test('of any kind gives a manifest or a ManifestError, never anything else', () => {
    const yamlish = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ...['services', 'web', 'commands', 'artifacts', 'env', 'timeout', 'context', 'paths', '<<'],
            ...[': ', ':\n  ', '\n', '\n    ', '- ', '[', ']', '{', '}', ', ', '"', "'", '|\n', '>\n', '# '],
            ...['&a ', '*a', '!!map ', '? ', '%YAML 1.1\n', '---\n', '...\n', '~', '.nan', '0x1', '1e9', '-'],
          ),
          fc.string({ maxLength: 4 }),
        ),
        { maxLength: 30 },
      )
      .map((pieces) => pieces.join(''));
    const near = fc.json().map((text) => `{"services": {"web": ${text}}}`);
    fc.assert(
      fc.property(fc.oneof(yamlish, near, fc.string({ unit: anyCharacter }), fc.json()), (text) => {
        try {
          expect(parse(text).hash).toMatch(/^sha256:/);
        } catch (error) {
          expect(error).toBeInstanceOf(ManifestError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
