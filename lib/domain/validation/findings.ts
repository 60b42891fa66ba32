/** What a schema finds wrong, told to the person who wrote it: for the field and the alternative that was meant. */
import * as z from 'zod';
import { isNever, type Syntax, unknownField, Wording } from './wording.ts';

/** A field's name, or an index of a list. */
export type Step = string | number;

export interface FieldError {
  readonly path: readonly Step[];
  /** Whether the name of the field is at fault, or what stands there. */
  readonly at: 'key' | 'value';
  readonly reason: string;
}

type Issue = z.core.$ZodIssue;

export interface CheckOptions {
  readonly syntax: Syntax;
  /** The data is secret: nothing that is in it is said. */
  readonly secret?: boolean;
}

/** @returns the checked value, or everything that is wrong with it */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  { syntax, secret = false }: CheckOptions,
): { value: z.output<Schema> } | { findings: FieldError[] } {
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
  const finder = new Finder(data, fields, new Wording(syntax, secret));
  return { findings: distinct(checked.error.issues.flatMap((issue) => finder.findingsOf(issue, []))) };
}

/** Two rules may say the same of one field. */
function distinct(findings: readonly FieldError[]): FieldError[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

class Finder {
  readonly #data: unknown;
  readonly #fields: ReadonlyMap<readonly string[], string[]>;
  readonly #words: Wording;

  constructor(data: unknown, fields: ReadonlyMap<readonly string[], string[]>, words: Wording) {
    this.#data = data;
    this.#fields = fields;
    this.#words = words;
  }

  findingsOf(issue: Issue, around: readonly Step[]): FieldError[] {
    const path = [...around, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          path: [...path, key],
          at: 'key',
          reason: unknownField(key, this.#fields.get(issue.keys) ?? []),
        }));
      case 'invalid_key':
        return [{ path, at: 'key', reason: this.#words.ofKey(issue) }];
      case 'invalid_union':
        return this.#ofUnion(issue, path);
      default:
        // What may not be there at all is told at its name.
        return [
          {
            path,
            at: isNever(issue) ? 'key' : 'value',
            reason: this.#words.reasonOf(issue, this.#at(path), path.at(-1)),
          },
        ];
    }
  }

  /** Findings of the alternative that was meant: the one whose kind of value stands there. */
  #ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly Step[]): FieldError[] {
    const value = this.#at(path);
    if (issue.errors.length === 0) {
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
      return [{ path, at: 'value', reason: this.#words.notOneOf(options, value) }];
    }
    const branches = issue.errors.map((issues) => ({ issues, strangeness: strangenessOf(issues, value) }));
    const least = Math.min(...branches.map(({ strangeness }) => strangeness));
    if (least < OTHER_KIND) {
      const [meant = [], ...others] = branches
        .filter(({ strangeness }) => strangeness === least)
        .map(({ issues }) => issues.flatMap((inner) => this.findingsOf(inner, path)));
      return eitherOf(meant, others) ?? meant;
    }
    const kinds = [...new Set(issue.errors.flatMap((issues) => this.#kindsWanted(issues)))];
    return [{ path, at: 'value', reason: this.#words.wrongKind(kinds, value) }];
  }

  #kindsWanted(issues: readonly Issue[]): string[] {
    const root = issues.find((issue) => issue.path.length === 0);
    if (root?.code === 'invalid_type') return [this.#words.kind(root.expected)];
    if (root?.code === 'invalid_value') return root.values.map((word) => `'${String(word)}'`);
    return root?.code === 'invalid_union' ? root.errors.flatMap((inner) => this.#kindsWanted(inner)) : [];
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

const MUST = /^must (be|have) /;

/**
 * What alternatives that are as near to each other ask of the value itself, in one sentence: `must be an id or a name`.
 * @returns undefined where it takes more than a sentence each: then the first alternative speaks
 */
function eitherOf(
  first: readonly FieldError[],
  others: readonly (readonly FieldError[])[],
): FieldError[] | undefined {
  const [only] = first;
  const all = [first, ...others];
  if (only === undefined || all.some((one) => one.length !== 1)) return undefined;
  const reasons = [...new Set(all.flat().map(({ reason }) => reason))];
  if (reasons.some((reason) => !MUST.test(reason)) || all.flat().some(({ at }) => at !== only.at))
    return undefined;
  const same = new Set(reasons.map((reason) => MUST.exec(reason)?.[0])).size === 1;
  const wanted = reasons.map((reason, index) => (same && index > 0 ? reason.replace(MUST, '') : reason));
  return [{ ...only, reason: wanted.join(', or ') }];
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
