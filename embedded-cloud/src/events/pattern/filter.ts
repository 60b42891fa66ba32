/** The content filters of event patterns: what may stand in the array of a field. */
import { compileCidr } from './cidr.ts';
import { invalidPattern } from './error.ts';
import { isObject } from './json.ts';
import { compileNumeric } from './numeric.ts';
import { compileWildcard } from './wildcard.ts';

/** `absent` is `{"exists": false}`; every other filter looks at one plain value of the event. */
export type Filter =
  | { readonly kind: 'absent' }
  | { readonly kind: 'value'; readonly matches: (value: unknown) => boolean };

export const FILTER_NAMES: readonly string[] = [
  'prefix',
  'suffix',
  'equals-ignore-case',
  'anything-but',
  'exists',
  'numeric',
  'wildcard',
  'cidr',
];

type ValueTest = (value: unknown) => boolean;

/** @throws AwsError InvalidEventPatternException */
export function compileFilter(filter: unknown): Filter {
  if (!isObject(filter)) return value(exactly(filter));
  const [name, operand] = onlyEntry(filter);
  if (name === 'exists') {
    if (typeof operand !== 'boolean')
      throw invalidPattern('exists match pattern must be either true or false.');
    return operand ? value(() => true) : { kind: 'absent' };
  }
  if (name === 'anything-but') return value(compileAnythingBut(operand));
  return value(compileNamed(name, operand));
}

function value(matches: ValueTest): Filter {
  return { kind: 'value', matches };
}

function onlyEntry(filter: object): [string, unknown] {
  const entries: [string, unknown][] = Object.entries(filter);
  const [entry] = entries;
  if (!entry || entries.length > 1) throw invalidPattern('Only one key allowed in match expression');
  return entry;
}

/** Strings, booleans and null by identity, numbers by value. */
function exactly(wanted: unknown): ValueTest {
  if (Array.isArray(wanted)) throw invalidPattern('Match value must be String, number, true, false, or null');
  return (found) => found === wanted;
}

function compileNamed(name: string, operand: unknown): ValueTest {
  switch (name) {
    case 'prefix':
      return affix(name, operand, (text, part) => text.startsWith(part));
    case 'suffix':
      return affix(name, operand, (text, part) => text.endsWith(part));
    case 'equals-ignore-case': {
      const wanted = fold(requireString(name, operand));
      return onStrings((text) => fold(text) === wanted);
    }
    case 'wildcard':
      return onStrings(compileWildcard(requireString(name, operand)));
    case 'cidr':
      return onStrings(compileCidr(requireString(name, operand)));
    case 'numeric':
      return compileNumeric(operand);
    default:
      throw invalidPattern(`Unrecognized match type ${name}`);
  }
}

/** `"x"` or `{"equals-ignore-case": "x"}`. */
function affix(name: string, operand: unknown, test: (text: string, part: string) => boolean): ValueTest {
  if (!isObject(operand)) {
    const part = requireString(name, operand);
    return onStrings((text) => test(text, part));
  }
  const [inner, innerOperand] = onlyEntry(operand);
  if (inner !== 'equals-ignore-case') throw invalidPattern(`Unsupported ${name} pattern: ${inner}`);
  const part = fold(requireString(`${name} equals-ignore-case`, innerOperand));
  return onStrings((text) => test(fold(text), part));
}

const NESTED_IN_ANYTHING_BUT = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'];

/** Values or filters that must not match; the field itself must be there. */
function compileAnythingBut(operand: unknown): ValueTest {
  if (isObject(operand)) {
    const [name, inner] = onlyEntry(operand);
    if (!NESTED_IN_ANYTHING_BUT.includes(name)) {
      throw invalidPattern(`Unsupported anything-but pattern: ${name}`);
    }
    const tests = operands('anything-but', inner).map((each) => compileNamed(name, each));
    return (found) => !tests.some((test) => test(found));
  }
  const excluded = operands('anything-but', operand);
  for (const each of excluded) {
    if (typeof each !== 'string' && typeof each !== 'number') {
      throw invalidPattern('Inside anything but list, start|null|boolean is not supported.');
    }
  }
  return (found) => !excluded.includes(found);
}

function operands(name: string, operand: unknown): unknown[] {
  if (!Array.isArray(operand)) return [operand];
  if (operand.length === 0) throw invalidPattern(`Empty lists are not allowed in ${name}`);
  return operand;
}

function onStrings(test: (text: string) => boolean): ValueTest {
  return (found) => typeof found === 'string' && test(found);
}

function requireString(name: string, operand: unknown): string {
  if (typeof operand !== 'string') throw invalidPattern(`${name} match pattern must be a string`);
  return operand;
}

/** Upper then lower, so that characters with several cases (`ß`, `ſ`) fall together. */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}
