/** The target `static`: its options on the command line, and how it is shown. */
import type { Environment } from '../../api/resources.ts';
import { choice, list, text, type ValuesOf } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';
import { defined, replaced } from '../defined.ts';

export const staticOptions = {
  site: text('--site <name>', 'Website, e.g. shop-test or shop.example.com; required for a new site'),
  index: text('--index <file>', 'File of the site that is served for a folder (default: index.html)'),
  spa: choice(
    '--spa <yes-or-no>',
    'Whether the index of the site is served for every path without a file name extension',
    ['yes', 'no'],
  ),
  immutable: list(
    '--immutable <folder>',
    'Folder of the site with hashes in its file names, e.g. assets/; `none` clears',
  ),
  variablesFile: text(
    '--variables-file <file>',
    'File of the site that gets the environment variables as JSON; `none` clears',
  ),
} as const;

type Options = ValuesOf<typeof staticOptions>;
type Static = Extract<Environment['target'], { kind: 'static' }>;

/** The target for the request: what the options say, and the stored rest. @throws Failure usage */
export function staticTarget(name: string, options: Options, current: Static | undefined) {
  const site = options.site ?? current?.site;
  if (site === undefined)
    throw usageFailure(
      `Environment ${name} has no site yet, and this target requires one.`,
      'Add --site <name>.',
    );
  const { variables_file: before, ...kept } = current ?? {};
  const file = options.variablesFile ?? before;
  return {
    ...kept,
    kind: 'static' as const,
    site,
    ...defined({
      index: options.index,
      spa: options.spa === undefined ? undefined : options.spa === 'yes',
      immutable: options.immutable.length === 0 ? undefined : replaced(options.immutable, 'none'),
      variables_file: file === 'none' ? undefined : file,
    }),
  };
}

export function staticLines(target: Static): [string, string | undefined][] {
  return [
    ['site', target.site],
    ['index', target.spa ? `${target.index}, for all paths` : target.index],
    ['immutable', target.immutable.join(', ') || 'none'],
    ['variables file', target.variables_file],
  ];
}
