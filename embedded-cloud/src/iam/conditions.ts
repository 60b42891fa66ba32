/**
 * The `Condition` element
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html): all operators
 * and all keys must hold; of a key's values one suffices (for a negated operator: none may match).
 */
import { BlockList, isIP } from 'node:net';
import { type Pattern, patternWithVariables } from './pattern.ts';
import type { ConditionLookup } from './request-context.ts';

/** Tells whether the request meets a compiled `Condition` element. */
export type Condition = (lookup: ConditionLookup) => boolean;

/** Compares one value of the request with one value of the policy. */
type Comparison = (actual: string, expected: Expected, lookup: ConditionLookup) => boolean;
interface Expected {
  readonly text: string;
  readonly pattern: Pattern;
}

/** Each positive operator; `Not…` in its name is taken out before the lookup. */
const COMPARISONS: Record<string, Comparison> = {
  StringEquals: (actual, expected, lookup) => actual === substitute(expected, lookup),
  StringEqualsIgnoreCase: (actual, expected, lookup) =>
    actual.toLowerCase() === substitute(expected, lookup)?.toLowerCase(),
  StringLike: (actual, expected, lookup) => expected.pattern.matches(actual, lookup),
  ArnEquals: arnLike,
  ArnLike: arnLike,
  NumericEquals: numeric((a, b) => a === b),
  NumericLessThan: numeric((a, b) => a < b),
  NumericLessThanEquals: numeric((a, b) => a <= b),
  NumericGreaterThan: numeric((a, b) => a > b),
  NumericGreaterThanEquals: numeric((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  Bool: (actual, expected) => actual.toLowerCase() === expected.text.toLowerCase(),
  BinaryEquals: (actual, expected) => actual === expected.text,
  IpAddress: (actual, expected) => inBlock(actual, expected.text),
};

/** @throws Error when an operator does not exist, as IAM refuses such a policy */
export function compileCondition(element: Record<string, Record<string, readonly string[]>>): Condition {
  const tests = Object.entries(element).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => compileTest(operator, key.toLowerCase(), values)),
  );
  return (lookup) => tests.every((test) => test(lookup));
}

function compileTest(operator: string, key: string, values: readonly string[]): Condition {
  const [, set, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === 'Null')
    return (lookup) => values.some((value) => (value === 'true') === (lookup(key) === undefined));
  const negated = /Not(?=Equals|Like|IpAddress)/.test(name) || name === 'NotIpAddress';
  const compare = COMPARISONS[name.replace('Not', '')];
  if (compare === undefined || (name.includes('Not') && !negated)) {
    throw new Error(`IAM has no condition operator ${operator}`);
  }
  const expected = values.map((text) => ({ text, pattern: patternWithVariables(text) }));
  return (lookup) => {
    const actual = lookup(key);
    if (actual === undefined || actual.length === 0) {
      return ifExists !== undefined || set === 'ForAllValues' || (negated && set === undefined);
    }
    const holds = (value: string) => expected.some((one) => compare(value, one, lookup)) !== negated;
    // Without a set operator a key has one value; of several, a negated operator must hold for each.
    return set === 'ForAllValues' || (set === undefined && negated)
      ? actual.every(holds)
      : actual.some(holds);
  };
}

/** Replaces variables for operators that know no wildcards; undefined when one of them has no value. */
function substitute(expected: Expected, lookup: ConditionLookup): string | undefined {
  if (!expected.text.includes('${')) return expected.text;
  let missing = false;
  const text = expected.text.replace(
    /\$\{([^},]*?)\s*(?:,\s*'([^']*)')?\}/g,
    (_, key: string, otherwise?: string) => {
      if (key === '*' || key === '?' || key === '$') return key;
      const value = lookup(key.toLowerCase())?.[0] ?? otherwise;
      missing ||= value === undefined;
      return value ?? '';
    },
  );
  return missing ? undefined : text;
}

/** ARNs are compared part by part, so that a wildcard does not reach over the first five colons. */
function arnLike(actual: string, expected: Expected, lookup: ConditionLookup): boolean {
  const actualParts = arnParts(actual);
  const parts = arnParts(expected.text);
  if (expected.text === '*') return true;
  if (actualParts.length !== 6 || parts.length !== 6) return false;
  return parts.every((part, index) => patternWithVariables(part).matches(actualParts[index] ?? '', lookup));
}

/** The six parts of an ARN; colons of the last part, and those inside `${aws:username}`, do not separate. */
function arnParts(arn: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const { index, 0: found } of arn.matchAll(/\$\{[^}]*\}|:/g)) {
    if (found !== ':' || parts.length === 5) continue;
    parts.push(arn.slice(start, index));
    start = index + 1;
  }
  return [...parts, arn.slice(start)];
}

function numeric(test: (actual: number, expected: number) => boolean): Comparison {
  return (actual, expected) => {
    const [a, b] = [Number(actual), Number(expected.text)];
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };
}

/** Dates are ISO 8601 or seconds since the epoch. */
function date(test: (actual: number, expected: number) => boolean): Comparison {
  const parse = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));
  return (actual, expected) => {
    const [a, b] = [parse(actual), parse(expected.text)];
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };
}

function inBlock(address: string, block: string): boolean {
  const version = isIP(address);
  const [base = '', bits] = block.split('/');
  if (version === 0 || isIP(base) === 0) return false;
  const list = new BlockList();
  list.addSubnet(
    base,
    bits === undefined ? (isIP(base) === 4 ? 32 : 128) : Number(bits),
    isIP(base) === 4 ? 'ipv4' : 'ipv6',
  );
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
