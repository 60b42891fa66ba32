/**
 * Event patterns: compiled once, matched often. Semantics: EventBridge user guide, "Creating event patterns", and
 * Event Ruler, the library that EventBridge runs (github.com/aws/event-ruler).
 */
import { invalidPattern } from './error.ts';
import { compileFilter, FILTER_NAMES, type Filter } from './filter.ts';
import { isObject, type JsonObject } from './json.ts';

/** Says whether an event matches. */
export type EventPattern = (event: JsonObject) => boolean;

/** A node of a pattern: `value` is what the event holds at the node's place (undefined: nothing). */
type Test = (value: unknown, event: JsonObject) => boolean;

/**
 * Compiles a pattern, given as JSON text or as its parsed object.
 * @throws AwsError InvalidEventPatternException
 */
export function compileEventPattern(pattern: unknown): EventPattern {
  const object = typeof pattern === 'string' ? parse(pattern) : pattern;
  if (!isObject(object)) throw invalidPattern('Filter is not an object');
  if (Object.keys(object).length === 0) throw invalidPattern('Empty event pattern is not allowed');
  const test = compileObject(object, []);
  return (event) => test(event, event);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidPattern('the pattern is not valid JSON');
  }
}

function compileObject(pattern: JsonObject, path: readonly string[]): Test {
  const fields: [string, Test][] = [];
  const alternatives: Test[][] = [];
  for (const [key, value] of Object.entries(pattern)) {
    if (key === '$or' && isOr(value)) {
      alternatives.push(value.map((branch) => compileObject(branch, path)));
    } else {
      fields.push([key, compileField(key, value, [...path, key])]);
    }
  }
  // All fields hold in the same object: of an array of objects, one element must satisfy the whole pattern.
  const matchesObject: Test = (value, event) =>
    fields.every(([key, test]) => test(member(value, key), event)) &&
    alternatives.every((branches) => branches.some((branch) => branch(value, event)));
  const matches: Test = (value, event) =>
    Array.isArray(value) && value.length > 0
      ? value.some((element) => matches(element, event))
      : matchesObject(value, event);
  return matches;
}

/** As Event Ruler decides: an array of at least two objects, none of which is a filter such as `{"prefix": …}`. */
function isOr(value: unknown): value is JsonObject[] {
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every(
      (branch) =>
        isObject(branch) &&
        Object.keys(branch).length > 0 &&
        !Object.keys(branch).some((key) => FILTER_NAMES.includes(key)),
    )
  );
}

function compileField(key: string, value: unknown, path: readonly string[]): Test {
  if (isObject(value)) {
    if (Object.keys(value).length === 0) throw invalidPattern('Empty objects are not allowed');
    return compileObject(value, path);
  }
  if (!Array.isArray(value)) throw invalidPattern(`"${key}" must be an object or an array`);
  if (value.length === 0) throw invalidPattern('Empty arrays are not allowed');
  const filters = value.map((filter) => compileFilter(filter));
  return (found, event) => filters.some((filter) => applies(filter, found, event, path));
}

function applies(filter: Filter, found: unknown, event: JsonObject, path: readonly string[]): boolean {
  // Absence is a statement on the whole event, not on one element of an array.
  if (filter.kind === 'absent') return leavesAt(event, path).length === 0;
  return leaves(found).some((leaf) => filter.matches(leaf));
}

function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The plain values that a field holds: an array's elements one by one, an object's none. */
function leaves(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return value === undefined || isObject(value) ? [] : [value];
}

function leavesAt(value: unknown, path: readonly string[]): unknown[] {
  const [key, ...rest] = path;
  if (key === undefined) return leaves(value);
  if (Array.isArray(value)) return value.flatMap((element) => leavesAt(element, path));
  return leavesAt(member(value, key), rest);
}
