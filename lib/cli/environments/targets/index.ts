/** What an environment deploys to. Each kind of target has a file of its own. */
import type { Environment } from '../../api/resources.ts';
import { choice, type OptionKinds, type ValuesOf } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';
import { commandLines, commandOptions, commandTarget } from './command.ts';
import { lambdaLines, lambdaOptions, lambdaTarget } from './lambda.ts';
import { processLines, processOptions, processTarget } from './process.ts';
import { staticLines, staticOptions, staticTarget } from './static.ts';
import { trafficOptions } from './traffic.ts';

type Target = Environment['target'];
type Kind = Target['kind'];

export const kindOption = choice(
  '--target <kind>',
  'Kind of the target; follows from --function, --site, --run or --process',
  ['lambda', 'static', 'command', 'process'],
);

type Options = ValuesOf<
  { readonly target: typeof kindOption } & typeof lambdaOptions &
    typeof trafficOptions &
    typeof staticOptions &
    typeof commandOptions &
    typeof processOptions
>;

/** Options that say something of some kinds only. */
const OPTIONS: Readonly<Record<Kind, OptionKinds>> = {
  lambda: { ...lambdaOptions, ...trafficOptions },
  static: staticOptions,
  command: commandOptions,
  process: { ...processOptions, ...trafficOptions },
};

/** @param current what the environment deploys to so far @throws Failure usage */
export function targetBody(name: string, options: Options, current: Target | undefined) {
  const named = kindNamedIn(options);
  const kind = options.target ?? named ?? current?.kind ?? 'lambda';
  refuseOthers(options, kind);
  if (kind === 'static') return staticTarget(name, options, current?.kind === 'static' ? current : undefined);
  if (kind === 'command')
    return commandTarget(name, options, current?.kind === 'command' ? current : undefined);
  if (kind === 'process')
    return processTarget(name, options, current?.kind === 'process' ? current : undefined);
  return lambdaTarget(name, options, current?.kind === 'lambda' ? current : undefined);
}

function kindNamedIn(options: Options): Kind | undefined {
  if (options.site !== undefined) return 'static';
  if (options.function !== undefined) return 'lambda';
  if (options.process !== undefined) return 'process';
  return options.run.length > 0 ? 'command' : undefined;
}

function refuseOthers(options: Options, kind: Kind): void {
  for (const [other, kinds] of Object.entries(OPTIONS)) {
    if (other === kind) continue;
    const wrong = Object.entries(kinds).find(
      ([option]) => !(option in OPTIONS[kind]) && isSpecified(Reflect.get(options, option)),
    );
    if (wrong === undefined) continue;
    throw usageFailure(
      `The option ${wrong[1].flags} is for targets of the kind ${other}, and this one is ${kind}.`,
      `Leave it out, or change the target with --target ${other}.`,
    );
  }
}

const isSpecified = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined;

export function targetLines(target: Target): [string, string | undefined][] {
  switch (target.kind) {
    case 'lambda':
      return lambdaLines(target);
    case 'static':
      return staticLines(target);
    case 'process':
      return processLines(target);
    case 'command':
      return commandLines(target);
  }
}

export function targetName(target: Target): string {
  switch (target.kind) {
    case 'lambda':
      return target.function_name;
    case 'static':
      return target.site;
    case 'process':
      return target.name;
    case 'command':
      return 'commands';
  }
}
