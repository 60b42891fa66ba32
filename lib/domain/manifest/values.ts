/** Small values of the manifest. */
import * as z from 'zod';
import { nameByAlias, TOOLCHAIN_NAMES } from '../toolchain/schema.ts';
import { nearest } from '../validation/nearest.ts';
import { Variables } from '../values.ts';

/** 8 hours, CodeBuild's own limit is 36 (docs: CodeBuild quotas). */
export const MAX_TIMEOUT_SECONDS = 8 * 3600;

/** Why a path is none inside a folder; undefined when it is. */
function flawOfPath(path: string): string | undefined {
  if (path === '') return 'must name a file or a folder';
  if (path.startsWith('/') || path.includes('\\') || path.split('/').includes('..'))
    return 'must be a path inside the tree, without ..';
  return undefined;
}

const checked = (flaw: (path: string) => string | undefined) => (path: string, context: z.RefinementCtx) => {
  const message = flaw(path);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
};

/** What follows the `!` of a glob that takes out what it matches, or the whole. */
const named = (glob: string): string => glob.replace(/^!/, '');

/** A path inside the tree: relative, forward slashes, no `..`. `./` before it may be written and means nothing. */
export const TreePath = z
  .string()
  .min(1)
  .max(1024)
  .superRefine(checked(flawOfPath))
  .transform((path) => path.replace(/^(\.\/+)+/, '').replace(/\/+$/, '') || '.');

/** As a path inside the tree. `!` before it takes out what earlier globs have chosen; `./!` begins a name with `!`. */
const TreeGlob = z
  .string()
  .min(1)
  .max(1024)
  .superRefine(checked((glob) => flawOfPath(named(glob))))
  .transform((glob) => {
    const path = named(glob)
      .replace(/^(\.\/+)+(?!!|\.\/)/, '')
      .replace(/\/+$/, '');
    return `${glob.startsWith('!') ? '!' : ''}${path || '.'}`;
  });

/** A glob of what commands leave for caches: inside the tree, or below the job's home as `~/…`. */
const CacheGlob = z
  .string()
  .min(1)
  .max(1024)
  .superRefine(
    checked((glob) => {
      const path = named(glob);
      const isElsewhere = path.startsWith('~') && !/^~\/[^/]/.test(path);
      return flawOfPath(path) === undefined && !isElsewhere
        ? undefined
        : 'must be a path below the context, or below the home folder as ~/…, without ..';
    }),
  );

/** A glob of key files, anywhere in the source: from the context, also upwards, or from the source's root as `/…`. */
const KeyGlob = z
  .string()
  .min(1)
  .max(1024)
  .superRefine(
    checked((glob) =>
      flawOfPath(named(glob).replace(/^(\/|(\.\.\/)+)/, '')) === undefined
        ? undefined
        : 'must be a path in the source: from the context, from the root as /…, or upwards with ../ before it',
    ),
  )
  .transform((glob) => glob.replace(/(?<=[^!/])\/+$/, ''));

/** One glob or several; what is taken out again must have been chosen before. */
function globs<Glob extends z.ZodType<string>>(glob: Glob, max: number) {
  return oneOrMore(glob, max).refine(([first]) => first?.startsWith('!') !== true, ONLY_OUT);
}

const ONLY_OUT =
  'must begin with what to choose: a glob with ! takes out what those before it have chosen, and chooses nothing';

export const TreeGlobs = (max: number) => globs(TreeGlob, max);
export const CacheGlobs = (max: number) => globs(CacheGlob, max);
export const KeyGlobs = (max: number) => globs(KeyGlob, max);
/** The only glob of a list. */
export const LoneTreeGlob = TreeGlob.refine((glob) => !glob.startsWith('!'), ONLY_OUT);

/** `90s`, `15m`, `2h`, or a number of seconds. */
export const Duration = z
  .union([
    z.int().positive(),
    z
      .string()
      .regex(/^\d{1,5}(s|m|h)$/, 'must be a number of seconds or such as 90s, 15m, 2h')
      .transform((text) => Number.parseInt(text, 10) * ({ s: 1, m: 60, h: 3600 }[text.at(-1) ?? 's'] ?? 1)),
  ])
  .pipe(z.int().positive().max(MAX_TIMEOUT_SECONDS, 'must be at most 8 hours'));

/** One thing where a list of them may stand. */
export function oneOrMore<Item extends z.ZodType>(item: Item, max: number, min = 1) {
  return z
    .union([item, z.array(item).min(min).max(max)])
    .transform((input): z.output<Item>[] => (Array.isArray(input) ? input : [input as z.output<Item>]));
}

/** An axis of a matrix: it reaches commands as `STAITHE_MATRIX_<AXIS>`. */
export const AxisName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,30}$/, 'must be 1 to 31 of a-z, 0-9 and _, beginning with a letter');
/** One value of an axis. YAML reads 25 as a number; people mean the text. */
export const AxisValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .pipe(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+:/-]{0,63}$/, 'must be 1 to 64 letters, digits and . _ + : / -'),
  );

/** 100 jobs of one service: what a matrix of two axes of ten values makes. */
export const MATRIX_MAX_CELLS = 100;

/** Axes and their values; a job is made of every combination. */
export const Matrix = z
  .record(AxisName, z.array(AxisValue).min(1).max(MATRIX_MAX_CELLS))
  .refine((matrix) => Object.keys(matrix).length <= 5, 'must have at most 5 axes')
  .refine(
    (matrix) => Object.values(matrix).reduce((cells, values) => cells * values.length, 1) <= MATRIX_MAX_CELLS,
    `may have ${MATRIX_MAX_CELLS} combinations`,
  )
  .refine(
    (matrix) => Object.values(matrix).every((values) => new Set(values).size === values.length),
    'must not repeat a value of an axis',
  );
export type Matrix = z.infer<typeof Matrix>;

/** `erlang@26`: a language runtime at a version. */
export const Toolchain = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}@\d[A-Za-z0-9._+-]{0,30}$/,
    'must be name@version, such as node@24, the version in digits',
  )
  .superRefine((text, context) => {
    const name = text.split('@', 1)[0] ?? '';
    if (text.includes('@') && !TOOLCHAIN_NAMES.includes(name))
      context.addIssue({ code: 'custom', message: unknownToolchain(name) });
  })
  .meta({ examples: ['node@24'] });

function unknownToolchain(name: string): string {
  const meant = nameByAlias(name) ?? nearest(name, TOOLCHAIN_NAMES);
  const known = meant === undefined ? `known are ${TOOLCHAIN_NAMES.join(', ')}` : `did you mean '${meant}'?`;
  return `'${name}' is not a known toolchain; ${known}`;
}

/** Variables of a build; tools read SOURCE_DATE_EPOCH as a number (reproducible-builds.org, its specification). */
export const BuildVariables = Variables.superRefine(({ SOURCE_DATE_EPOCH: epoch }, context) => {
  if (epoch === undefined || /^\d{1,10}$/.test(epoch)) return;
  const message = 'must be whole seconds since 1970, such as "1767225600"';
  context.addIssue({ code: 'custom', path: ['SOURCE_DATE_EPOCH'], message });
});
