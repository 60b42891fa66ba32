/** What releases are deployed to. Each kind has a file here, and an adapter behind the port of targets. */
import * as z from 'zod';
import { CommandTarget } from './command.ts';
import { LambdaTarget } from './lambda.ts';
import { ProcessTarget } from './process.ts';
import { StaticTarget } from './static.ts';
import type { TrafficStep } from './traffic-steps.ts';

export const Target = z.discriminatedUnion('kind', [
  LambdaTarget,
  StaticTarget,
  CommandTarget,
  ProcessTarget,
]);
export type Target = z.infer<typeof Target>;
export type TargetKind = Target['kind'];

/** What a target is called where there is one of each name: of a function its own. Commands have none. */
export function nameOf(target: Target): string | undefined {
  switch (target.kind) {
    case 'lambda':
      return target.function_name;
    case 'static':
      return target.site;
    case 'command':
      return undefined;
    case 'process':
      return target.name;
  }
}

const TITLES: Readonly<Record<TargetKind, string>> = {
  lambda: 'function',
  static: 'site',
  command: 'set of commands',
  process: 'process',
};

/** What it is, and its name: `function 'hello-test'`. */
export function titleOf(target: Target): string {
  const name = nameOf(target);
  return name === undefined ? TITLES[target.kind] : `${TITLES[target.kind]} '${name}'`;
}

export const isSameTarget = (one: Target, other: Target): boolean =>
  one.kind === other.kind && nameOf(one) === nameOf(other);

/** The shares of traffic that a new version gets, to the last one, which is all. */
export function stepsOf(target: Target): readonly TrafficStep[] {
  // A visitor of a site must not get pages of two versions in turn, and commands divide nothing.
  const steps = 'steps' in target ? target.steps : [];
  return steps.at(-1)?.percent === 100 ? steps : [...steps, { percent: 100, bake_seconds: 0 }];
}

/** How long it is watched, at all steps together. */
export const bakeSecondsOf = (target: Target): number =>
  stepsOf(target).reduce((sum, { bake_seconds: seconds }) => sum + seconds, 0);
