import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ESTree, parseSync, Visitor } from 'vite';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PATIENCE = 'embedded-cloud/test-kit/patience.ts';

/** What a file does that only embedded-cloud/test-kit/patience.ts may: waits with a limit of its own, or for a time. */
function impatienceIn(name: string, text: string): string[] {
  const found: string[] = [];
  const note = (node: ESTree.Span, what: string) =>
    found.push(`${name}:${text.slice(0, node.start).split('\n').length} ${what}`);
  new Visitor({
    CallExpression(call) {
      const callee = text.slice(call.callee.start, call.callee.end).replace(/\s/g, '');
      if (/^vi\.wait(For|Until)$/.test(callee)) note(call, `has ${callee}`);
      if (callee === 'expect.poll' && call.arguments.length > 1) note(call, 'polls with a limit of its own');
      if (/^(globalThis\.)?setTimeout$/.test(callee)) note(call, 'waits for a time');
      const last = call.arguments.at(-1);
      if (/^(it|test|describe|beforeAll|beforeEach|afterAll|afterEach)\b/.test(callee) && isNumber(last))
        note(call, 'has a limit of its own');
      if (/^(it|test|describe)\b/.test(callee) && call.arguments.some(hasTimeout))
        note(call, 'has a limit of its own');
    },
    ImportDeclaration({ source, start, end }) {
      if (/^(node:)?timers(\/promises)?$/.test(source.value) && /setTimeout/.test(text.slice(start, end)))
        note({ start, end }, 'imports a sleep');
    },
  }).visit(parseSync(name, text).program);
  return found;
}

const isNumber = (node: ESTree.Node | undefined): boolean =>
  node?.type === 'Literal' && typeof node.value === 'number';

const hasTimeout = (node: ESTree.Node): boolean =>
  node.type === 'ObjectExpression' &&
  node.properties.some(
    (one) => one.type === 'Property' && one.key.type === 'Identifier' && one.key.name === 'timeout',
  );

/** Time is what these are about: a kill at a random moment, a client that takes a breath while its server is away. */
const BY_THE_CLOCK =
  /^test\/(diagnosis\/make\/|soak\/child-kills\.soak\.ts$|system\/(limited-round|server-kills|workload)\.ts$)/;

const files = globSync(['test/**/*.ts', 'embedded-cloud/{test,test-kit}/**/*.ts'], { cwd: ROOT }).filter(
  (file) => file !== PATIENCE && !BY_THE_CLOCK.test(file),
);

describe('a test waits', () => {
  it('for conditions, with the limit of embedded-cloud/test-kit/patience.ts', () => {
    const impatient = files.flatMap((file) => impatienceIn(file, readFileSync(join(ROOT, file), 'utf8')));

    expect(impatient).toEqual([]);
  });

  it.each([
    ['vi.waitFor(() => x, { timeout: 1 });', 'a.ts:1 has vi.waitFor'],
    ['await expect\n  .poll(x, { interval: 3 })\n  .toBe(1);', 'a.ts:1 polls with a limit of its own'],
    ['await new Promise((done) => setTimeout(done, 10));', 'a.ts:1 waits for a time'],
    ["\nimport { setTimeout as delay } from 'node:timers/promises';", 'a.ts:2 imports a sleep'],
    ["it('does', () => {}, 9_000);", 'a.ts:1 has a limit of its own'],
    ["it('does', { timeout: LONG }, () => {});", 'a.ts:1 has a limit of its own'],
    ['beforeAll(() => {}, 9_000);', 'a.ts:1 has a limit of its own'],
  ])('and not with %j', (text, complaint) => {
    expect(impatienceIn('a.ts', text)).toEqual([complaint]);
  });

  it.each([
    "inline('exports.handler = () => new Promise((r) => setTimeout(r, 60_000));');",
    'await expect.poll(x).toBe(1);',
    'const tree = { services: { app: { timeout: 900 } } };',
  ])('as with %j', (text) => {
    expect(impatienceIn('a.ts', text)).toEqual([]);
  });
});
