/**
 * The functions that Step Functions adds to JSONata
 * (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn).
 */
import { createHash, randomUUID } from 'node:crypto';
import type jsonata from 'jsonata';

const HASHES: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** JSONata's own bound of a sequence made by the `..` operator (error D2014). */
const LONGEST_RANGE = 1e6;

function partition(list: unknown, size: number): unknown[][] | undefined {
  if (list === undefined) return undefined;
  if (!Number.isInteger(size) || size < 1)
    throw new Error('$partition: the chunk size must be a positive integer');
  const items = Array.isArray(list) ? list : [list];
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) =>
    items.slice(chunk * size, (chunk + 1) * size),
  );
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new Error('$range: the step must not be 0');
  const count = Math.floor((last - first) / step) + 1;
  if (count > LONGEST_RANGE) throw new Error(`$range: more than ${LONGEST_RANGE} numbers`);
  return Array.from({ length: Math.max(count, 0) }, (_, index) => first + index * step);
}

function hash(data: unknown, algorithm: string): string {
  const name = HASHES[algorithm];
  if (name === undefined) {
    throw new Error(`$hash: '${algorithm}' is none of the algorithms ${Object.keys(HASHES).join(', ')}`);
  }
  return createHash(name)
    .update(typeof data === 'string' ? data : JSON.stringify(data))
    .digest('hex');
}

/** A number in [0, 1); with a seed always the same one (Mulberry32, which spreads neighbouring seeds well). */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  let state = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 4_294_967_296;
}

function refuseEval(): never {
  throw new Error('$eval is not available in Step Functions; use $parse for JSON text');
}

export function registerFunctions(expression: jsonata.Expression): void {
  expression.registerFunction('partition', partition, '<xn:a>');
  expression.registerFunction('range', range, '<nnn:a<n>>');
  expression.registerFunction('hash', hash, '<xs:s>');
  expression.registerFunction('random', random, '<n?:n>');
  expression.registerFunction('uuid', randomUUID, '<:s>');
  expression.registerFunction('parse', (text: string) => JSON.parse(text), '<s:x>');
  expression.registerFunction('eval', refuseEval);
}
