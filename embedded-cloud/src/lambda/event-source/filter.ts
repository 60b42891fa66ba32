/**
 * Filter criteria of event source mappings
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax).
 */
import { z } from 'zod';
import { invalidParameter } from '../context.ts';

export type Filter = (record: unknown) => boolean;

type Present = { readonly value: unknown } | undefined;
type Rule = (found: Present) => boolean;

/** @returns whether a record matches any of the patterns; true for no patterns at all */
export function compileFilters(patterns: readonly string[]): Filter {
  const filters = patterns.map((pattern) => {
    try {
      return compileObject(JSON.parse(pattern));
    } catch (error) {
      throw invalidParameter(
        `Invalid filter pattern definition. ${error instanceof Error ? error.message : ''}`,
      );
    }
  });
  return (record) => filters.length === 0 || filters.some((filter) => filter(record));
}

function compileObject(pattern: unknown): Filter {
  const tests = Object.entries(z.record(z.string(), z.unknown()).parse(pattern)).map(
    ([name, rule]): Filter => {
      if (name === '$or') {
        const branches = z.array(z.unknown()).parse(rule).map(compileObject);
        return (value) => branches.some((branch) => branch(value));
      }
      if (Array.isArray(rule)) {
        const rules = rule.map(compileRule);
        return (value) => rules.some((one) => candidates(member(value, name)).some(one));
      }
      const inner = compileObject(rule);
      return (value) => inner(member(value, name)?.value);
    },
  );
  return (value) => tests.every((test) => test(value));
}

function member(value: unknown, name: string): Present {
  if (value === null || typeof value !== 'object') return undefined;
  const descriptor = Object.getOwnPropertyDescriptor(value, name);
  return descriptor && { value: descriptor.value };
}

/** An array matches when one of its elements does. */
function candidates(found: Present): Present[] {
  return found && Array.isArray(found.value) && found.value.length > 0
    ? found.value.map((value: unknown) => ({ value }))
    : [found];
}

const comparisons: Record<string, (left: number, right: number) => boolean> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const ruleSchema = z.union([
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ suffix: z.string() }),
  z.strictObject({ exists: z.boolean() }),
  z.strictObject({ 'equals-ignore-case': z.string() }),
  z.strictObject({ 'anything-but': z.unknown() }),
  z.strictObject({ numeric: z.array(z.union([z.string(), z.number()])) }),
]);

function compileRule(rule: unknown): Rule {
  if (rule === null || typeof rule !== 'object')
    return (found) => found !== undefined && found.value === rule;
  const parsed = ruleSchema.parse(rule);
  if ('exists' in parsed) return (found) => (found !== undefined) === parsed.exists;
  if ('prefix' in parsed) return onText((text) => text.startsWith(parsed.prefix));
  if ('suffix' in parsed) return onText((text) => text.endsWith(parsed.suffix));
  if ('equals-ignore-case' in parsed) {
    const wanted = parsed['equals-ignore-case'].toLowerCase();
    return onText((text) => text.toLowerCase() === wanted);
  }
  if ('numeric' in parsed) return numericRule(parsed.numeric);
  const excluded = parsed['anything-but'];
  const rules = (Array.isArray(excluded) ? excluded : [excluded]).map(compileRule);
  return (found) => found !== undefined && !rules.some((one) => one(found));
}

function onText(test: (text: string) => boolean): Rule {
  return (found) => typeof found?.value === 'string' && test(found.value);
}

function numericRule(parts: readonly (string | number)[]): Rule {
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const compare = comparisons[String(parts[index])];
    const bound = parts[index + 1];
    if (!compare || typeof bound !== 'number')
      throw new Error('A numeric rule is operators and numbers by turns.');
    tests.push((value) => compare(value, bound));
  }
  // DynamoDB writes numbers as strings, and Lambda compares those too.
  return (found) => {
    const value = typeof found?.value === 'string' && found.value !== '' ? Number(found.value) : found?.value;
    return typeof value === 'number' && !Number.isNaN(value) && tests.every((test) => test(value));
  };
}
