/** The commands as commander knows them. Only what this invocation asks for is loaded. */
import { Command as CommanderCommand, type Command as Program } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Command } from './command.ts';
import { usageFailure } from './failure.ts';
import { globalOptions, HELP_FLAGS } from './global-options.ts';
import { GROUPS, SINGLES } from './groups.ts';
import { helpProgram } from './help/command.ts';
import { asTyped } from './installation/program.ts';
import { invoke } from './invocation.ts';
import { declare } from './option.ts';

/** A program whose errors are thrown, to be reported in the voice of all others. */
function bare(name: string): Program {
  return new CommanderCommand(name)
    .helpCommand(false)
    .helpOption(HELP_FLAGS, 'show this help')
    .exitOverride()
    .configureOutput({
      outputError: () => {},
      writeOut: (text) => process.stdout.write(asTyped(text)),
      writeErr: (text) => process.stderr.write(asTyped(text)),
    });
}

const isOn = (values: Readonly<Record<string, unknown>>, name: string) => values[name] === true;

/**
 * What the environment says stands for the commands that are told nothing, and so takes part in no contradiction.
 * @throws Failure usage, when both flags were given on the command line
 */
function assertAlone(leaf: Program, flag: string, other: string): void {
  const isGiven = (flags: string) => {
    const option = leaf.options.find((each) => each.flags === flags);
    return option !== undefined && leaf.getOptionValueSource(option.attributeName()) === 'cli';
  };
  if (isGiven(flag) && isGiven(other))
    throw usageFailure(`${flag} and ${other} contradict each other.`, 'Give one of them.');
}

/** Declares one command. @param finish gets its exit code */
function leafProgram(command: Command, finish: (code: number) => void): Program {
  const leaf = bare(command.name)
    .summary(command.summary)
    .description([command.summary, command.details].filter(Boolean).join('\n\n'));
  if (command.alias !== undefined) leaf.alias(command.alias);
  for (const [placeholder, what] of command.args) leaf.argument(placeholder, what);
  for (const kind of command.options) leaf.addOption(declare(kind));
  leaf.optionsGroup('Global options:');
  for (const option of globalOptions()) leaf.addOption(option);
  leaf.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`);
  if (command.onExcess !== undefined) leaf.allowExcessArguments();
  return leaf.action(async () => {
    if (command.onExcess !== undefined && leaf.args.length > command.args.length)
      throw usageFailure(...command.onExcess);
    for (const { flags, excludes } of command.options)
      if (excludes !== undefined) assertAlone(leaf, flags, excludes);
    const own: Record<string, unknown> = leaf.opts();
    const before: Record<string, unknown> = leaf.parent?.parent?.opts() ?? leaf.parent?.opts() ?? {};
    const url = own.url ?? before.url;
    const globals = {
      json: isOn(own, 'json') || isOn(before, 'json'),
      verbose: isOn(own, 'verbose') || isOn(before, 'verbose'),
      url: typeof url === 'string' ? url : undefined,
    };
    finish(await invoke(command, leaf.args, own, globals));
  });
}

/** The first word that is no option: the command, when it is one. */
function firstWord(argv: readonly string[]): string | undefined {
  return argv.find((word, at) => !word.startsWith('-') && argv[at - 1] !== '--url');
}

/**
 * Builds the program for these words.
 * @param finish gets the exit code of the command that was run
 */
export async function createProgram(
  argv: readonly string[],
  finish: (code: number) => void,
): Promise<Program> {
  const word = firstWord(argv);
  const root = bare('staithe')
    .description('Staithe: sources in, artifacts out, releases frozen by digest and deployed with proof.')
    .version(packageJson.version, '--version', 'print the version of this program')
    .enablePositionalOptions()
    .usage('<command> [options]')
    .addHelpText('after', '\nExit codes: staithe help exit-codes\nExample:    staithe project create hello');
  for (const option of globalOptions()) root.addOption(option);
  root.commandsGroup('Nouns:');
  for (const entry of GROUPS) {
    const group = bare(entry.name).summary(entry.summary).description(entry.summary);
    if (entry.name === word)
      for (const command of (await entry.load()).commands) group.addCommand(leafProgram(command, finish));
    root.addCommand(group);
  }
  root.commandsGroup('Verbs:');
  const isAsked = SINGLES.some((entry) => entry.name === word || entry.alias === word);
  for (const entry of SINGLES) {
    const wanted = word === undefined || !isAsked || entry.name === word || entry.alias === word;
    root.addCommand(
      wanted && !GROUPS.some(({ name }) => name === word)
        ? leafProgram(await entry.load(), finish)
        : bare(entry.name),
    );
  }
  return root.addCommand(helpProgram(bare('help'), finish));
}
