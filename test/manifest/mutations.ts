/** Changes to a manifest, as a slip of the hand or an attacker would make them. */

import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import fc from 'fast-check';
import { type Document, isCollection, isMap, isNode, isPair, isScalar, type Node, Scalar, visit } from 'yaml';

const deep = (depth: number): unknown =>
  depth === 0 ? 'x' : depth % 2 === 0 ? [deep(depth - 1)] : { a: deep(depth - 1) };

/** What may come to stand in the place of a part. */
const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e30,
    0.5,
    '',
    '..',
    '/etc',
    'a\u0000b',
    '\ud800',
    '\u202e',
    [],
    {},
    [[]],
  ),
  fc.constantFrom<unknown>({ __proto__x: 1 }, { constructor: {} }, { '<<': { a: 1 } }, { toString: 'x' }, [
    null,
  ]),
  fc.constant(JSON.parse('{"__proto__": {"commands": ["x"]}}') as unknown),
  fc.integer({ min: 2, max: 60 }).map(deep),
  fc.string({ unit: anyCharacter, maxLength: 8 }),
  fc.string({ maxLength: 3 }).map((word) => word.repeat(3000)),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
);

type Change = { readonly kind: string; readonly at: number; readonly other: number; readonly value: unknown };
export const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('delete', 'replace', 'duplicate', 'rename', 'alias', 'tag', 'anchor', 'merge'),
  at: fc.nat(),
  other: fc.nat(),
  value: strange,
});

const KEYS = [
  'comands',
  'timeout',
  '__proto__',
  'constructor',
  '<<',
  'ключ',
  '',
  ' ',
  '1',
  'null',
  'a\u0000',
];

/** Changes the document of a manifest in one place, as a slip of the hand or an attacker would. */
export function changed(document: Document, { kind, at, other, value }: Change): void {
  const nodes: Node[] = [];
  visit(document, { Node: (_, node) => void nodes.push(node) });
  const collections = nodes.filter((node) => isCollection(node) && node.items.length > 0);
  const collection = collections[at % Math.max(1, collections.length)];
  if (!isCollection(collection)) return;
  const index = other % collection.items.length;
  const item: unknown = collection.items[index];
  const inner = isPair(item) ? item.value : item;
  const anyNode = nodes[other % nodes.length];
  const put = (node: unknown) => {
    if (isPair(item)) item.value = node;
    else collection.items[index] = node;
  };
  if (kind === 'delete') collection.items.splice(index, 1);
  if (kind === 'replace') put(document.createNode(value));
  if (kind === 'duplicate') collection.items.splice(index, 0, item);
  if (kind === 'rename' && isPair(item)) item.key = new Scalar(KEYS[other % KEYS.length]);
  if (kind === 'alias' && anyNode !== undefined && !('source' in anyNode)) put(document.createAlias(anyNode));
  if (kind === 'tag' && isNode(inner) && (isScalar(inner) || isCollection(inner)))
    inner.tag = ['!!binary', '!x', '!!set', '!!str', '!!float', '!!js/function'][other % 6] ?? '!x';
  if (kind === 'anchor' && isNode(inner) && (isScalar(inner) || isCollection(inner))) inner.anchor = 'same';
  if (kind === 'merge' && isMap(collection) && anyNode !== undefined && !('source' in anyNode))
    collection.items.unshift(document.createPair('<<', document.createAlias(anyNode)));
}

/** Pieces of YAML that mean something, and bytes that do not. */
const piece = fc.oneof(
  fc.constantFrom(
    '\t',
    '\n',
    ': ',
    '- ',
    '? ',
    '&a ',
    '*a',
    '<<: *a\n',
    '!!binary ',
    '%YAML 1.1\n---\n',
    '---\n',
    '...\n',
  ),
  fc.constantFrom(
    '|\n',
    '>-\n',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ', ',
    '#',
    '\0',
    '\ufeff',
    '\r',
    '\u2028',
    '~',
    '.inf',
    '0o17',
  ),
  fc.constantFrom(
    '__proto__: {}\n',
    '[[[[[[[[',
    '{a: {a: {a: ',
    '- - - - - ',
    '\ud83d',
    '🚢',
    '\\x00',
    '@',
    '`',
    '=',
  ),
  fc.string({ unit: anyCharacter, maxLength: 4 }),
);
export const slip = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(12),
  piece,
  times: fc.constantFrom(1, 1, 1, 2, 500),
});

export function slipped(
  written: string,
  { at, cut, piece: put, times }: { at: number; cut: number; piece: string; times: number },
): string {
  const offset = Math.floor(at * written.length);
  return written.slice(0, offset) + put.repeat(times) + written.slice(offset + cut);
}
