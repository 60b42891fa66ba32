/** The kinds of options that commands have: how each is declared to commander and read back with a type. */
import { InvalidArgumentError, Option } from 'commander';
import type { Api } from './api.ts';

export interface OptionKind<Value> {
  /** As commander writes it: `--dir <folder>`. */
  readonly flags: string;
  readonly description: string;
  readonly prepare: (option: Option) => Option;
  /** Its absence is a usage error. Checked after commander, which would speak of it before a mistyped option. */
  readonly required?: boolean;
  /** The flags of another option that cannot be given on the same command line. */
  readonly excludes?: string;
  /** Asked for what was not given before its absence is an error; a missing option that has one costs a request. */
  readonly fallback?: (api: Api<'whoAmI'>) => Promise<string | undefined>;
  /** Reads what commander has collected under the option's name. */
  readonly read: (given: unknown) => Value;
}

export type OptionKinds = Readonly<Record<string, OptionKind<unknown>>>;
export type ValuesOf<Kinds extends OptionKinds> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends OptionKind<infer Value> ? Value : never;
};

const asIs = (option: Option) => option;
const readText = (given: unknown) => (typeof given === 'string' ? given : undefined);

/** One word of text. */
export function text(
  flags: string,
  description: string,
  prepare: (option: Option) => Option = asIs,
): OptionKind<string | undefined> {
  return { flags, description, prepare, read: readText };
}

/** Text that must be given, as a flag or in the environment variable `env`. */
export function requiredText(flags: string, description: string, env?: string): OptionKind<string> {
  return {
    flags,
    description: `${description} (required)`,
    required: true,
    prepare: (option) => (env === undefined ? option : option.env(env)),
    read: (given) => readText(given) ?? '',
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
    read: (given) => words.find((word) => word === given),
  };
}

/** A whole number; the API says which range it takes. */
export function integer(flags: string, description: string): OptionKind<number | undefined> {
  const parse = (word: string): number => {
    if (!/^\d{1,9}$/.test(word)) throw new InvalidArgumentError('It must be a whole number.');
    return Number(word);
  };
  return {
    flags,
    description,
    prepare: (option) => option.argParser(parse),
    read: (given) => (typeof given === 'number' ? given : undefined),
  };
}

/** On when given (or, for `--no-…` flags, off when given). */
export function flag(flags: string, description: string): OptionKind<boolean> {
  return { flags, description, prepare: asIs, read: (given) => given === true };
}

const collect = (check: (word: string) => void) => (word: string, earlier: readonly string[] | undefined) => {
  check(word);
  return [...(earlier ?? []), word];
};
const readList = (given: unknown): string[] => (Array.isArray(given) ? given.map(String) : []);

/** Text that may be given several times. */
export function list(flags: string, description: string): OptionKind<string[]> {
  return {
    flags,
    description: `${description} (may be repeated)`,
    prepare: (option) => option.argParser(collect(() => {})),
    read: readList,
  };
}

/** `name=value`, may be given several times; the last value of a name counts. */
export function pairs(flags: string, description: string): OptionKind<Record<string, string>> {
  const check = (word: string) => {
    if (word.indexOf('=') < 1) throw new InvalidArgumentError('It must be name=value.');
  };
  return {
    flags,
    description: `${description} (may be repeated)`,
    prepare: (option) => option.argParser(collect(check)),
    read: (given) =>
      Object.fromEntries(
        readList(given).map((word) => {
          const at = word.indexOf('=');
          return [word.slice(0, at), word.slice(at + 1)];
        }),
      ),
  };
}

/** The project that the token is bound to, if it is bound to one. */
export const ownProject = async (api: Api<'whoAmI'>): Promise<string | undefined> =>
  (await api.call('whoAmI')).project_id;

const PROJECT_ENV = 'STAITHE_PROJECT';

/** The project that a command works in: its slug or its id. */
export const projectOption: OptionKind<string> = {
  ...requiredText(
    '--project <project>',
    'slug or id of the project; that of the token, when it is bound to one',
    PROJECT_ENV,
  ),
  fallback: ownProject,
};

const PROJECT_FLAGS = '--project <project>';

/** Of lists: all projects instead of one. */
export const listProjectOptions = {
  project: text(
    PROJECT_FLAGS,
    'slug or id of the project; that of the token, when it is bound to one',
    (option) => option.env(PROJECT_ENV),
  ),
  allProjects: {
    ...flag('--all-projects', 'of all projects that the token sees, up to 100'),
    excludes: PROJECT_FLAGS,
  },
};

/** Declares the option to commander. Its key in `ValuesOf` is the name that commander gives it. */
export function declare(kind: OptionKind<unknown>): Option {
  return kind.prepare(new Option(kind.flags, kind.description));
}
