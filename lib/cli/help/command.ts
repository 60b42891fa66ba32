/** `staithe help`: of a command, or on a topic. */
import type { Command as Program } from 'commander';
import { usageFailure } from '../failure.ts';
import { CONNECTION, exitCodes } from './topics.ts';

const TOPICS: Readonly<Record<string, () => Promise<string>>> = {
  'exit-codes': async () => exitCodes(),
  connection: async () => CONNECTION,
  reference: async () => (await import('./reference.ts')).reference(),
};

/** @throws Failure usage, when there is no such command */
async function printHelpOf(words: readonly string[]): Promise<void> {
  const topic = words.length === 1 && words[0] !== undefined ? TOPICS[words[0]] : undefined;
  if (topic !== undefined) {
    process.stdout.write(`${(await topic()).trimEnd()}\n`);
    return;
  }
  // The program knows only what its words ask for, so it is built anew for the words after `help`.
  const { createProgram } = await import('../program.ts');
  let program = await createProgram(words, () => {});
  for (const word of words) {
    const next = program.commands.find(
      (command) => command.name() === word || command.aliases().includes(word),
    );
    if (next === undefined)
      throw usageFailure(
        `There is no help on '${words.join(' ')}'.`,
        `staithe --help, or staithe help ${Object.keys(TOPICS).join(' | ')}`,
      );
    program = next;
  }
  program.outputHelp();
}

export function helpProgram(program: Program, finish: (code: number) => void): Program {
  return program
    .summary('Show the help of a command, or on a topic')
    .description(`Show the help of a command, or on a topic: ${Object.keys(TOPICS).join(', ')}`)
    .argument('[words...]', 'a command such as build create, or a topic')
    .addHelpText('after', '\nExamples:\n  staithe help build create\n  staithe help exit-codes')
    .action(async (words: string[]) => {
      await printHelpOf(words);
      finish(0);
    });
}
