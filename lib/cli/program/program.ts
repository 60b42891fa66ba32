/** The commands as a commander program. Only the command of this invocation is loaded. */
import { Command as CommanderCommand, type Command as Program } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Command } from '../command/command.ts';
import { globalOptions, HELP_FLAGS } from '../command/global-options.ts';
import { declare } from '../command/option.ts';
import { GROUPS, SINGLES } from '../commands.ts';
import { usageFailure } from '../failure/failure.ts';
import { helpProgram } from '../help/command.ts';
import { asTyped } from '../paths/program.ts';
import { invoke } from './invocation.ts';

/** A program that throws its errors, so that all errors are reported alike. */
function bare(name: string): Program {
  return new CommanderCommand(name)
    .helpCommand(false)
    .helpOption(HELP_FLAGS, 'Show this help')
    .exitOverride()
    .configureOutput({
      outputError: () => {},
      writeOut: (text) => process.stdout.write(asTyped(text)),
      writeErr: (text) => process.stderr.write(asTyped(text)),
    });
}

const isOn = (values: Readonly<Record<string, unknown>>, name: string) => values[name] === true;

/**
 * Refuses options that exclude each other. A value from the environment is only a default and excludes nothing.
 * @throws Failure usage: both are on the command line
 */
function assertNotCombined(leaf: Program, flag: string, other: string): void {
  const isPresent = (flags: string) => {
    const option = leaf.options.find((each) => each.flags === flags);
    return option !== undefined && leaf.getOptionValueSource(option.attributeName()) === 'cli';
  };
  if (isPresent(flag) && isPresent(other))
    throw usageFailure(`${flag} and ${other} cannot be combined.`, 'Use one of them.');
}

/** Declares one command. @param finish gets its exit code */
function leafProgram(command: Command, finish: (code: number) => void): Program {
  const leaf = bare(command.name)
    .summary(command.summary)
    .description([command.summary, command.details].filter(Boolean).join('\n\n'));
  if (command.alias !== undefined) leaf.alias(command.alias);
  for (const [placeholder, description] of command.args) leaf.argument(placeholder, description);
  for (const kind of command.options) leaf.addOption(declare(kind));
  leaf.optionsGroup('Global options:');
  for (const option of globalOptions()) leaf.addOption(option);
  leaf.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`);
  if (command.onExcess !== undefined) leaf.allowExcessArguments();
  return leaf.action(async () => {
    if (command.onExcess !== undefined && leaf.args.length > command.args.length)
      throw usageFailure(...command.onExcess);
    for (const { flags, excludes } of command.options)
      if (excludes !== undefined) assertNotCombined(leaf, flags, excludes);
    const options: Record<string, unknown> = leaf.opts();
    // Global options are accepted before the command, too.
    const root: Record<string, unknown> = leaf.parent?.parent?.opts() ?? leaf.parent?.opts() ?? {};
    const url = options.url ?? root.url;
    const globals = {
      json: isOn(options, 'json') || isOn(root, 'json'),
      verbose: isOn(options, 'verbose') || isOn(root, 'verbose'),
      url: typeof url === 'string' ? url : undefined,
    };
    finish(await invoke(command, leaf.args, options, globals));
  });
}

/** The first word that is not an option: the command, if it is one. */
function firstWord(argv: readonly string[]): string | undefined {
  return argv.find((word, at) => !word.startsWith('-') && argv[at - 1] !== '--url');
}

/**
 * Builds the program for a command line.
 * @param finish gets the exit code of the command
 */
export async function createProgram(
  argv: readonly string[],
  finish: (code: number) => void,
): Promise<Program> {
  const word = firstWord(argv);
  const root = bare('staithe')
    .description('Staithe builds sources, creates immutable releases and deploys them.')
    .version(packageJson.version, '--version', 'Print the version of this program')
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
  const isSingle = SINGLES.some((entry) => entry.name === word || entry.alias === word);
  for (const entry of SINGLES) {
    const isWanted = word === undefined || !isSingle || entry.name === word || entry.alias === word;
    root.addCommand(
      isWanted && !GROUPS.some(({ name }) => name === word)
        ? leafProgram(await entry.load(), finish)
        : bare(entry.name),
    );
  }
  return root.addCommand(helpProgram(bare('help'), (words) => createProgram(words, () => {}), finish));
}
