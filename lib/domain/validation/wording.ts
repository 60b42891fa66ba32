/** The one table of what people are told of a value that a schema refuses: each sentence follows the field's name. */
import type * as z from 'zod';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** How the value was written: the manifest in YAML, requests in JSON. */
export type Syntax = 'yaml' | 'json';

/** By zod's name of what was expected. */
const KINDS: Readonly<Record<Syntax, Readonly<Record<string, string>>>> = {
  yaml: { object: 'a map', record: 'a map', null: 'empty' },
  json: { object: 'an object', record: 'an object', null: 'null' },
};
const KINDS_OF_BOTH: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  nan: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  date: 'a date',
};

/** What a string must be, by zod's name of the format, where the schema does not say it. */
const FORMATS: Readonly<Record<string, string>> = {
  url: 'must be a URL, such as https://example.com',
  datetime: 'must be a time in UTC, such as 2026-11-21T09:30:00Z',
  email: 'must be an e-mail address',
};

/** Of numbers, by the end of the field's name: what they count. */
const UNITS: Readonly<Record<string, string>> = {
  _bytes: 'bytes',
  _seconds: 'seconds',
  _days: 'days',
  _mb: 'MB',
};

const KIBI = 1024;

/** Whether the schema's author has written the sentence: it follows the field's name, and zod's own begin with a capital. */
const isOurs = ({ code, message }: Issue): boolean =>
  code === 'custom' ? message !== 'Invalid input' : /^[a-z]/.test(message);

export const isNever = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.expected === 'never';

export function unknownField(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `is not a known field; did you mean '${meant}'?`;
  return `is not a known field${known.length > 0 ? `; known are ${known.join(', ')}` : ''}`;
}

export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

export class Wording {
  readonly #syntax: Syntax;
  readonly #secret: boolean;

  /** @param secret whether values are not to be repeated */
  constructor(syntax: Syntax, secret: boolean) {
    this.#syntax = syntax;
    this.#secret = secret;
  }

  /** @param field the last step of its path, by which numbers get their units */
  reasonOf(issue: Issue, value: unknown, field: string | number | undefined): string {
    if (isOurs(issue)) return issue.message;
    switch (issue.code) {
      case 'invalid_type':
        return issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
          ? this.#unquoted(value)
          : this.wrongKind([this.kind(issue.expected)], value);
      case 'invalid_value':
        return this.notOneOf(issue.values.map(String), value);
      case 'too_small':
      case 'too_big':
        return sizeOf(issue, String(field ?? ''));
      case 'invalid_format':
        return FORMATS[issue.format] ?? 'is not valid';
      case 'not_multiple_of':
        return `must be a multiple of ${issue.divisor}`;
      default:
        return 'is not valid';
    }
  }

  /** Of a wrong key zod says only that it is wrong; why stands one level deeper. */
  ofKey(issue: z.core.$ZodIssueInvalidKey): string {
    const [inner] = issue.issues;
    return inner === undefined ? 'is not a valid name' : this.reasonOf(inner, '', undefined);
  }

  kind(expected: string): string {
    return KINDS[this.#syntax][expected] ?? KINDS_OF_BOTH[expected] ?? expected;
  }

  /** @param wanted kinds, one of which it must be */
  wrongKind(wanted: readonly string[], value: unknown): string {
    const kinds = orList(wanted);
    if (value === undefined) return `is missing; it must be ${kinds}`;
    if (this.#syntax === 'yaml' && value === null && kinds === 'a map')
      return 'is empty; write {} for a map without fields';
    return `must be ${kinds}, not ${this.#kindOf(value)}`;
  }

  notOneOf(words: readonly string[], value: unknown): string {
    const meant = typeof value === 'string' && !this.#secret ? nearest(value, words) : undefined;
    const missing = value === undefined ? 'is missing; it ' : '';
    return `${missing}must be ${orList(words)}${meant === undefined ? '' : `; did you mean '${meant}'?`}`;
  }

  #unquoted(value: number | boolean): string {
    const message = `must be text, not ${this.#kindOf(value)}`;
    return this.#secret
      ? `${message}: write it in quotes`
      : `${message}: write it in quotes, as "${String(value)}"`;
  }

  #kindOf(value: unknown): string {
    if (value === null || value === undefined) return this.kind('null');
    if (Array.isArray(value)) return 'a list';
    if (typeof value === 'string') return 'text';
    if (typeof value === 'object') return this.kind('object');
    if (typeof value === 'number') return this.#secret ? 'a number' : `the number ${value}`;
    // In YAML it is a word that may have been meant as text.
    if (this.#secret) return 'true or false';
    return this.#syntax === 'yaml' ? `the word ${String(value)}` : String(value);
  }
}

function sizeOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, field: string): string {
  const counted: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };
  const unit = counted[issue.origin] ?? '';
  const verb = unit === '' ? 'be' : 'have';
  const amount = (value: number | bigint) => (unit === '' ? withUnit(Number(value), field) : `${value}`);
  if (issue.code === 'too_big') return `must ${verb} at most ${amount(issue.maximum)}${unit}`;
  if (issue.minimum === 1 && unit !== '') return 'must not be empty';
  const least = amount(issue.minimum);
  return `must ${verb} ${issue.inclusive === false ? `more than ${least}` : `at least ${least}`}${unit}`;
}

/** `104857600 bytes (100 MiB)`, `86400 seconds`. */
function withUnit(value: number, field: string): string {
  const unit = Object.entries(UNITS).find(([end]) => field.endsWith(end))?.[1];
  if (unit === undefined) return String(value);
  if (unit !== 'bytes' || value < KIBI) return `${value} ${value === 1 ? unit.replace(/s$/, '') : unit}`;
  const power = Math.min(3, Math.floor(Math.log2(value) / 10));
  const rounded = Math.round((value / KIBI ** power) * 10) / 10;
  return `${value} bytes (${rounded} ${['', 'KiB', 'MiB', 'GiB'][power]})`;
}
