/** What a schema finds wrong, told to the person who wrote it: for the field and the alternative that was meant. */
import * as z from 'zod';
import { nearest } from './nearest.ts';
import type { Step } from './place.ts';

export interface Finding {
  readonly path: readonly Step[];
  /** Whether the name of the field is at fault, or what stands there. */
  readonly at: 'key' | 'value';
  readonly reason: string;
}

type Issue = z.core.$ZodIssue;

/** @returns the checked value, or everything that is wrong with it */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
): { value: z.output<Schema> } | { findings: Finding[] } {
  const fields = new Map<readonly string[], string[]>();
  const checked = schema.safeParse(data, {
    error: (issue) => {
      // zod tells the object's schema here only; its list of wrong keys is the issue's later.
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
        fields.set(issue.keys, Object.keys(issue.inst.shape));
      return undefined;
    },
  });
  if (checked.success) return { value: checked.data };
  const finder = new Finder(data, fields);
  return { findings: checked.error.issues.flatMap((issue) => finder.findingsOf(issue, [])) };
}

class Finder {
  readonly #data: unknown;
  readonly #fields: ReadonlyMap<readonly string[], string[]>;

  constructor(data: unknown, fields: ReadonlyMap<readonly string[], string[]>) {
    this.#data = data;
    this.#fields = fields;
  }

  findingsOf(issue: Issue, around: readonly Step[]): Finding[] {
    const path = [...around, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          path: [...path, key],
          at: 'key',
          reason: this.#unknown(key, issue.keys),
        }));
      case 'invalid_key':
        return [{ path, at: 'key', reason: issue.issues[0]?.message ?? issue.message }];
      case 'invalid_union':
        return this.#ofUnion(issue, path);
      default:
        // What may not be there at all is told at its name.
        return [{ path, at: isNever(issue) ? 'key' : 'value', reason: reasonOf(issue, this.#at(path)) }];
    }
  }

  #unknown(key: string, keys: readonly string[]): string {
    const known = this.#fields.get(keys) ?? [];
    const meant = nearest(key, known);
    if (meant !== undefined) return `is no field that is known here; did you mean '${meant}'?`;
    return `is no field that is known here${known.length > 0 ? `; known are ${known.join(', ')}` : ''}`;
  }

  /** Findings of the alternative that was meant: the one whose kind of value stands there. */
  #ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly Step[]): Finding[] {
    const value = this.#at(path);
    if (issue.errors.length === 0) {
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
      return [{ path, at: 'value', reason: notOneOf(options, value) }];
    }
    const branches = issue.errors.map((issues) => ({ issues, strangeness: strangenessOf(issues, value) }));
    const least = Math.min(...branches.map(({ strangeness }) => strangeness));
    if (least < OTHER_KIND) {
      const meant = branches.find(({ strangeness }) => strangeness === least);
      return (meant?.issues ?? []).flatMap((inner) => this.findingsOf(inner, path));
    }
    const kinds = [...new Set(issue.errors.flatMap(kindsWanted))];
    return [{ path, at: 'value', reason: wrongKind(orList(kinds), value) }];
  }

  #at(path: readonly Step[]): unknown {
    return path.reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? Reflect.get(value, step)
          : undefined,
      this.#data,
    );
  }
}

/** The value is of another kind than the alternative takes. */
const OTHER_KIND = 2;

/** How far an alternative is from what was written: 0 something inside is wrong, 1 the value itself, 2 its kind. */
function strangenessOf(issues: readonly Issue[], value: unknown): number {
  const root = issues.filter((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys');
  if (root.length === 0) return 0;
  const otherKind = root.some(
    (issue) =>
      (issue.code === 'invalid_type' && !(issue.expected === 'int' && typeof value === 'number')) ||
      (issue.code === 'invalid_value' && typeof issue.values[0] !== typeof value) ||
      (issue.code === 'invalid_union' &&
        issue.errors.every((inner) => strangenessOf(inner, value) === OTHER_KIND)),
  );
  return otherKind ? OTHER_KIND : 1;
}

function kindsWanted(issues: readonly Issue[]): string[] {
  const root = issues.find((issue) => issue.path.length === 0);
  if (root?.code === 'invalid_type') return [KINDS[root.expected] ?? root.expected];
  if (root?.code === 'invalid_value') return root.values.map((word) => `'${String(word)}'`);
  return root?.code === 'invalid_union' ? root.errors.flatMap(kindsWanted) : [];
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  return typeof value === 'object'
    ? 'a map'
    : `the ${typeof value === 'number' ? 'number' : 'word'} ${String(value)}`;
}

function reasonOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (isNever(issue)) return issue.message;
      return issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
        ? `must be text, not ${kindOf(value)}: write it in quotes, as "${String(value)}"`
        : wrongKind(KINDS[issue.expected] ?? issue.expected, value);
    case 'invalid_value':
      return notOneOf(issue.values.map(String), value);
    case 'too_small':
    case 'too_big':
      return isOurs(issue.message) ? issue.message : sizeOf(issue);
    default:
      return issue.message;
  }
}

const isNever = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.expected === 'never';

function wrongKind(wanted: string, value: unknown): string {
  if (value === undefined) return `is missing; it must be ${wanted}`;
  if (value === null && wanted === 'a map') return 'is empty; write {} for a map without fields';
  return `must be ${wanted}, not ${kindOf(value)}`;
}

function notOneOf(words: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? nearest(value, words) : undefined;
  const missing = value === undefined ? 'is missing; it ' : '';
  return `${missing}must be ${orList(words)}${meant === undefined ? '' : `; did you mean '${meant}'?`}`;
}

/** zod's own sentences begin with a capital; those of Staithe's schemas are written to follow the field's name. */
const isOurs = (message: string): boolean => /^[a-z]/.test(message);

function sizeOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };
  const unit = units[issue.origin] ?? '';
  if (issue.code === 'too_big') return `may ${unit === '' ? 'be' : 'have'} ${issue.maximum}${unit} at most`;
  if (issue.minimum === 1 && unit !== '') return 'must not be empty';
  const least = issue.inclusive === false ? `more than ${issue.minimum}` : `${issue.minimum} at least`;
  return `must ${unit === '' ? 'be' : 'have'} ${least}${unit}`;
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
