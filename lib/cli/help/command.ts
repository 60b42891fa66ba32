/** `staithe help` for a command or a topic. */
import type { Command as Program } from 'commander';
import { usageFailure } from '../failure/failure.ts';
import { CONNECTION, exitCodes } from './topics.ts';

const TOPICS: Readonly<Record<string, () => Promise<string>>> = {
  'exit-codes': async () => exitCodes(),
  connection: async () => CONNECTION,
  reference: async () => (await import('./reference.ts')).reference(),
};

/** Builds the program with the commands that the words name: only those are loaded. */
type ProgramFor = (words: readonly string[]) => Promise<Program>;

/** @throws Failure usage: unknown command or topic */
async function printHelpOf(words: readonly string[], programFor: ProgramFor): Promise<void> {
  const topic = words.length === 1 && words[0] !== undefined ? TOPICS[words[0]] : undefined;
  if (topic !== undefined) {
    process.stdout.write(`${(await topic()).trimEnd()}\n`);
    return;
  }
  let program = await programFor(words);
  for (const word of words) {
    const next = program.commands.find(
      (command) => command.name() === word || command.aliases().includes(word),
    );
    if (next === undefined)
      throw usageFailure(
        `Unknown command or help topic '${words.join(' ')}'.`,
        `staithe --help, or staithe help ${Object.keys(TOPICS).join(' | ')}`,
      );
    program = next;
  }
  program.outputHelp();
}

export function helpProgram(
  program: Program,
  programFor: ProgramFor,
  finish: (code: number) => void,
): Program {
  return program
    .summary('Show help for a command or a topic')
    .description(`Show help for a command or a topic: ${Object.keys(TOPICS).join(', ')}`)
    .argument('[words...]', 'Command such as build create, or topic')
    .addHelpText('after', '\nExamples:\n  staithe help build create\n  staithe help exit-codes')
    .action(async (words: string[]) => {
      await printHelpOf(words, programFor);
      finish(0);
    });
}
