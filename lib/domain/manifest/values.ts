/** Small values of the manifest. */
import * as z from 'zod';
import { nameByAlias, TOOLCHAIN_NAMES } from '../toolchain/schema.ts';
import { nearest } from './nearest.ts';

/** 8 hours, CodeBuild's own limit is 36 (docs: CodeBuild quotas). */
export const MAX_TIMEOUT_SECONDS = 8 * 3600;

/** A path inside the tree: relative, forward slashes, no `..`. `./` before it may be written and means nothing. */
export const TreePath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'),
    'must be a path inside the tree, without ..',
  )
  .transform((path) => path.replace(/^(\.\/+)+/, '').replace(/\/+$/, '') || '.');

/** A path that commands use for caches: inside the tree, or below the job's home as `~/…`. */
export const CachePath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) =>
      !path.startsWith('/') &&
      !path.includes('\\') &&
      !path.split('/').includes('..') &&
      (!path.startsWith('~') || /^~\/[^/]/.test(path)),
    'must be a path below the context, or below the home folder as ~/…, without ..',
  );

/** `90s`, `15m`, `2h`, or a number of seconds. */
export const Duration = z
  .union([
    z.int().positive(),
    z
      .string()
      .regex(/^\d{1,5}(s|m|h)$/, 'must be a number of seconds or such as 90s, 15m, 2h')
      .transform((text) => Number.parseInt(text, 10) * ({ s: 1, m: 60, h: 3600 }[text.at(-1) ?? 's'] ?? 1)),
  ])
  .pipe(z.int().positive().max(MAX_TIMEOUT_SECONDS, 'may be 8 hours at most'));

/** One thing where a list of them may stand. */
export function oneOrMore<Item extends z.ZodType>(item: Item, max: number, min = 1) {
  return z
    .union([item, z.array(item).min(min).max(max)])
    .transform((given): z.output<Item>[] => (Array.isArray(given) ? given : [given as z.output<Item>]));
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
  .refine((matrix) => Object.keys(matrix).length <= 5, 'may have 5 axes')
  .refine(
    (matrix) => Object.values(matrix).reduce((cells, values) => cells * values.length, 1) <= MATRIX_MAX_CELLS,
    `may have ${MATRIX_MAX_CELLS} combinations`,
  )
  .refine(
    (matrix) => Object.values(matrix).every((values) => new Set(values).size === values.length),
    'may name each value of an axis once',
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

/** The name of a secret: an environment variable's, in capitals, as it reaches commands under it. */
export const SecretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be 1 to 64 of A-Z, 0-9 and _, beginning with a letter')
  .refine(
    (name) =>
      !/^(LD_|DYLD_|GIT_|AWS_|CODEBUILD_|STAITHE_)/.test(name) &&
      !/^(NODE_OPTIONS|BASH_ENV|ENV|IFS|PATH|SHELLOPTS|PROMPT_COMMAND)$/.test(name),
    'is reserved: it would steer the processes of the build',
  )
  .meta({ examples: ['NPM_TOKEN'] });
