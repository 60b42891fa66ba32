/** Kinds of options: how each is declared to commander and read back with a type. */
import { InvalidArgumentError, Option } from 'commander';
import type { Api } from '../api/api.ts';

export interface OptionKind<Value> {
  /** As commander writes it: `--dir <folder>`. */
  readonly flags: string;
  readonly description: string;
  readonly prepare: (option: Option) => Option;
  /** A usage error when absent. Not checked by commander, which would report it before a mistyped option. */
  readonly required?: boolean;
  /** The flags of an option that cannot be combined with this one on the command line. */
  readonly excludes?: string;
  /** Where the value of a missing option comes from; costs a request. */
  readonly fallback?: (api: Api<'whoAmI'>) => Promise<string | undefined>;
  /** Reads what commander has collected under the option's name. */
  readonly read: (input: unknown) => Value;
}

export type OptionKinds = Readonly<Record<string, OptionKind<unknown>>>;
export type ValuesOf<Kinds extends OptionKinds> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends OptionKind<infer Value> ? Value : never;
};

const asIs = (option: Option) => option;
const readText = (input: unknown) => (typeof input === 'string' ? input : undefined);

/** One word of text. */
export function text(
  flags: string,
  description: string,
  prepare: (option: Option) => Option = asIs,
): OptionKind<string | undefined> {
  return { flags, description, prepare, read: readText };
}

/** Required text, from the flag or from the environment variable `env`. */
export function requiredText(flags: string, description: string, env?: string): OptionKind<string> {
  return {
    flags,
    description: `${description} (required)`,
    required: true,
    prepare: (option) => (env === undefined ? option : option.env(env)),
    read: (input) => readText(input) ?? '',
  };
}

/** One of a few words. */
export function choice<const Word extends string>(
  flags: string,
  description: string,
  words: readonly Word[],
): OptionKind<Word | undefined> {
  return {
    flags,
    description,
    prepare: (option) => option.choices(words),
    read: (input) => words.find((word) => word === input),
  };
}

/** A whole number of at most nine digits. */
export const integer = (flags: string, description: string): OptionKind<number | undefined> =>
  numeric(flags, description, /^\d{1,9}$/, 'Expected a whole number.');

/** A number, perhaps with decimals. */
export const decimal = (flags: string, description: string): OptionKind<number | undefined> =>
  numeric(flags, description, /^\d{1,9}(\.\d{1,9})?$/, 'Expected a number.');

function numeric(
  flags: string,
  description: string,
  form: RegExp,
  refusal: string,
): OptionKind<number | undefined> {
  const parse = (word: string): number => {
    if (!form.test(word)) throw new InvalidArgumentError(refusal);
    return Number(word);
  };
  return {
    flags,
    description,
    prepare: (option) => option.argParser(parse),
    read: (input) => (typeof input === 'number' ? input : undefined),
  };
}

/** On when present; a `--no-…` flag is off when present. */
export function flag(flags: string, description: string): OptionKind<boolean> {
  return { flags, description, prepare: asIs, read: (input) => input === true };
}

const collect = (check: (word: string) => void) => (word: string, earlier: readonly string[] | undefined) => {
  check(word);
  return [...(earlier ?? []), word];
};
const readList = (input: unknown): string[] => (Array.isArray(input) ? input.map(String) : []);

/** Text; the option can be repeated. */
export function list(flags: string, description: string): OptionKind<string[]> {
  return {
    flags,
    description: `${description} (repeatable)`,
    prepare: (option) => option.argParser(collect(() => {})),
    read: readList,
  };
}

/** `name=value`; the option can be repeated, and the last value of a name wins. */
export function pairs(flags: string, description: string): OptionKind<Record<string, string>> {
  const check = (word: string) => {
    if (word.indexOf('=') < 1) throw new InvalidArgumentError('Expected name=value.');
  };
  return {
    flags,
    description: `${description} (repeatable)`,
    prepare: (option) => option.argParser(collect(check)),
    read: (input) =>
      Object.fromEntries(
        readList(input).map((word) => {
          const at = word.indexOf('=');
          return [word.slice(0, at), word.slice(at + 1)];
        }),
      ),
  };
}

/** The project that the token is bound to, or the only one in which it has a role. */
export const boundProject = async (api: Api<'whoAmI'>): Promise<string | undefined> => {
  const { project_id: bound, role, grants } = await api.call('whoAmI');
  if (bound !== undefined || role !== undefined) return bound;
  const [only, ...others] = new Set(grants.map((grant) => grant.project_id));
  return others.length === 0 ? only : undefined;
};

const PROJECT_ENV = 'STAITHE_PROJECT';

/** The project of a command, by slug or id. */
export const projectOption: OptionKind<string> = {
  ...requiredText(
    '--project <project>',
    'Project by slug or id (default: the project that the token is bound to)',
    PROJECT_ENV,
  ),
  fallback: boundProject,
};

const PROJECT_FLAGS = '--project <project>';

/** For lists: one project or all of them. */
export const listProjectOptions = {
  project: text(
    PROJECT_FLAGS,
    'Project by slug or id (default: the project that the token is bound to)',
    (option) => option.env(PROJECT_ENV),
  ),
  allProjects: {
    ...flag('--all-projects', 'All projects that the token can access, up to 100'),
    excludes: PROJECT_FLAGS,
  },
};

/** Declares the option to commander. Its key in `ValuesOf` is the name that commander gives it. */
export function declare(kind: OptionKind<unknown>): Option {
  return kind.prepare(new Option(kind.flags, kind.description));
}
