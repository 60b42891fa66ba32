/** What an environment deploys to. Each kind of target has a file of its own. */
import type { Environment } from '../../api/resources.ts';
import { choice, type OptionKinds, type ValuesOf } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';
import { lambdaLines, lambdaOptions, lambdaTarget } from './lambda.ts';
import { staticLines, staticOptions, staticTarget } from './static.ts';

type Target = Environment['target'];
type Kind = Target['kind'];

export const kindOption = choice('--target <kind>', 'Kind of the target; follows from --function or --site', [
  'lambda',
  'static',
]);

type Options = ValuesOf<{ readonly target: typeof kindOption } & typeof lambdaOptions & typeof staticOptions>;

/** Options that say something of one kind only. */
const OPTIONS: Readonly<Record<Kind, OptionKinds>> = { lambda: lambdaOptions, static: staticOptions };

/** @param current what the environment deploys to so far @throws Failure usage */
export function targetBody(name: string, options: Options, current: Target | undefined) {
  const named = options.site !== undefined ? 'static' : options.function !== undefined ? 'lambda' : undefined;
  const kind = options.target ?? named ?? current?.kind ?? 'lambda';
  refuseOthers(options, kind);
  if (kind === 'static') return staticTarget(name, options, current?.kind === 'static' ? current : undefined);
  return lambdaTarget(name, options, current?.kind === 'lambda' ? current : undefined);
}

function refuseOthers(options: Options, kind: Kind): void {
  for (const [other, kinds] of Object.entries(OPTIONS)) {
    if (other === kind) continue;
    const wrong = Object.entries(kinds).find(([option]) => isSpecified(Reflect.get(options, option)));
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
  return target.kind === 'lambda' ? lambdaLines(target) : staticLines(target);
}

export const targetName = (target: Target): string =>
  target.kind === 'lambda' ? target.function_name : target.site;
