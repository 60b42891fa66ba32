/** Commands that deploy (the target `command`) or test: their options on the command line, and how they are shown. */
import type { Environment } from '../../api/resources.ts';
import { DURATIONS, durationText, secondsOf } from '../../command/duration.ts';
import { list, text, type ValuesOf } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';
import { defined, replaced } from '../defined.ts';

export const commandOptions = {
  run: list('--run <command>', 'Command that deploys the release, for a target of kind command'),
  secret: list('--secret <name>', 'Secret of the project for the commands of --run; `none` clears'),
  runTimeout: text('--run-timeout <duration>', `Time limit of the commands of --run: ${DURATIONS}`),
  compute: text('--compute <machine>', 'Machine for the commands of --run, e.g. small'),
} as const;

export const testOptions = {
  test: list('--test <command>', 'Command that tests a new version before it gets traffic; `none` clears'),
  testSecret: list('--test-secret <name>', 'Secret of the project for the commands of --test; `none` clears'),
  testTimeout: text('--test-timeout <duration>', `Time limit of the commands of --test: ${DURATIONS}`),
} as const;

type Options = ValuesOf<typeof commandOptions>;
type TestOptions = ValuesOf<typeof testOptions>;
type Command = Extract<Environment['target'], { kind: 'command' }>;
type Test = NonNullable<Environment['test']>;

/** @throws Failure usage */
export function commandTarget(name: string, options: Options, current: Command | undefined) {
  const commands = options.run.length === 0 ? current?.commands : options.run;
  if (commands === undefined)
    throw usageFailure(`Environment ${name} has no commands yet.`, 'Add --run <command>.');
  return {
    ...current,
    kind: 'command' as const,
    commands,
    ...settings(options.secret, options.runTimeout, '--run-timeout'),
    ...defined({ compute: options.compute }),
  };
}

/** The test for the request; undefined for none. @throws Failure usage */
export function testBody(options: TestOptions, current: Test | undefined) {
  const { test, testSecret, testTimeout } = options;
  const isKept = test.length === 0;
  if (isKept && current === undefined && (testSecret.length > 0 || testTimeout !== undefined))
    throw usageFailure('The environment has no test.', 'Add --test <command>.');
  const commands = isKept ? (current?.commands ?? []) : replaced(test, 'none');
  if (commands.length === 0) return undefined;
  return { ...current, commands, ...settings(testSecret, testTimeout, '--test-timeout') };
}

const settings = (secrets: readonly string[], timeout: string | undefined, flag: string) =>
  defined({
    secrets: secrets.length === 0 ? undefined : replaced(secrets, 'none'),
    timeout_seconds: secondsOf(flag, timeout),
  });

export const commandLines = (target: Command): [string, string | undefined][] => [
  ['commands', target.commands.join('\n')],
  ['secrets', target.secrets.join(', ') || undefined],
  ['limits', `${target.compute ?? 'default machine'}, ${durationText(target.timeout_seconds)}`],
];

export const testLines = (test: Test | undefined): [string, string | undefined][] => [
  ['test', test?.commands.join('\n')],
  ['test secrets', test?.secrets.join(', ') || undefined],
  ['test limit', test && durationText(test.timeout_seconds)],
];
