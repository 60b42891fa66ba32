/** Requests as nobody means them: the routes of the contract, with values that have broken other services. */

import type { RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { exampleOf } from '../contract/document.ts';

export interface FuzzedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Ends of ranges, of encodings, and of patience. */
const TEXTS = [
  '',
  ' ',
  '.',
  '..',
  '../..',
  '/',
  '%',
  '%00',
  '%2e%2e%2f',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff x',
  '\ufeff',
  '\u202e',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e309',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '{{7*7}}',
  '$\u007b7}',
  "' OR 1=1 --",
  '<script>',
  'a'.repeat(5_000),
  'é'.repeat(300),
  '👩‍👩‍👧‍👦'.repeat(50),
  '\r\nx: y',
  '*',
  '#',
  '&',
  '+',
  '=',
  '\\',
];
const NUMBERS = [0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 1e-320];
const KEYS = ['__proto__', 'constructor', 'toString', '', '\0', '\ud800', 'a'.repeat(300), 'unknown'];
const HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', ''],
  ['accept', 'application/xml'],
  ['idempotency-key', 'x'.repeat(300)],
  ['idempotency-key', ''],
  ['range', 'bytes=9-1'],
  ['content-encoding', 'gzip'],
  ['x-forwarded-for', 'unknown'],
  ['cookie', '=;=;'],
  ['if-match', '*'],
  ['expect', ''],
  ['authorization', 'Basic eDp5'],
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer a.b.c'],
  ['host', 'elsewhere'],
];
/** Bodies that are no JSON at all. */
const RAW = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '0',
  'true',
  '{"a":1}}',
  '{"a":'.repeat(2_000),
  '['.repeat(20_000),
  '\0',
  '{"__proto__":{"role":"admin"}}',
];

const SPECS = Object.values<RouteSpec>(ROUTES);

export type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error('Nothing to pick from.');
  return one;
};

function hostile(random: Random, depth = 0): unknown {
  const kind = Math.floor(random() * 8);
  if (kind <= 2) return pick(random, TEXTS);
  if (kind === 3) return pick(random, NUMBERS);
  if (kind === 4) return pick(random, [null, true, false, [], {}]);
  if (depth > 3) return 1;
  if (kind === 5) return Array.from({ length: Math.floor(random() * 5) }, () => hostile(random, depth + 1));
  return Object.fromEntries([[pick(random, KEYS), hostile(random, depth + 1)]]);
}

/** The value with one of its parts made hostile. */
function mutated(random: Random, value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && random() < 0.8) {
    const at = Math.floor(random() * value.length);
    return value.map((one, index) => (index === at ? mutated(random, one) : one));
  }
  if (typeof value === 'object' && value !== null && random() < 0.85) {
    const entries = Object.entries(value);
    const at = Math.floor(random() * (entries.length + 1));
    if (at === entries.length) return Object.fromEntries([...entries, [pick(random, KEYS), hostile(random)]]);
    return Object.fromEntries(
      entries.map(([key, one], index) => [key, index === at ? mutated(random, one) : one]),
    );
  }
  return hostile(random);
}

const written = (random: Random, text: string): string => {
  // Lone surrogates cannot be percent-encoded; as they are sent, they are a replacement character.
  const encoded = encodeURIComponent(text.toWellFormed());
  return random() < 0.9 ? encoded : encoded.replaceAll('%2F', '/').replaceAll('%25', '%');
};

/**
 * @param known values that parameters may also have, by their name: a project that there is
 * @param token the credential that most requests have
 */
export function fuzzedRequest(
  random: Random,
  known: Readonly<Record<string, string>>,
  token: string,
): FuzzedRequest {
  const spec = pick(random, SPECS);
  const example = exampleOf(spec);
  const of = (name: string, plain: unknown) =>
    random() < 0.3 ? pick(random, TEXTS) : String(random() < 0.8 ? (known[name] ?? plain) : plain);
  const path = spec.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    written(random, of(name, example.params[name])),
  );
  const query = Object.entries(example.query)
    .filter(() => random() < 0.5)
    .map(([name, value]) => `${written(random, name)}=${written(random, of(name, value))}`);
  if (random() < 0.1)
    query.push(`${written(random, pick(random, TEXTS))}=${written(random, pick(random, TEXTS))}`);
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
  if (spec.method === 'GET') {
    if (random() < 0.2) Object.assign(headers, Object.fromEntries([pick(random, HEADERS)]));
    return { method: spec.method, path: query.length > 0 ? `${path}?${query.join('&')}` : path, headers };
  }
  headers['content-type'] = 'application/json';
  if (random() < 0.3) headers['idempotency-key'] = `key-${Math.floor(random() * 50)}`;
  if (random() < 0.2) Object.assign(headers, Object.fromEntries([pick(random, HEADERS)]));
  const body = random() < 0.1 ? pick(random, RAW) : JSON.stringify(mutated(random, example.body ?? {}));
  return {
    method: spec.method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    headers,
    ...(random() < 0.97 && { body }),
  };
}
