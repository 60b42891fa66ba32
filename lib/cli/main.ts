/** From the words of the command line to an exit code. */
import { CommanderError } from 'commander';
import { nearest } from '../domain/validation/nearest.ts';
import { EXIT } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { guide } from './help/guide.ts';
import { createProgram } from './program.ts';
import { failureOf, report } from './report.ts';
import { withoutColours } from './terminal/style.ts';

/** What commander refused, in our voice: the suggestion that it makes becomes the next command. */
function usageOf(error: CommanderError, argv: readonly string[]) {
  const [said = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  // Of an option that there is not, its value may be a secret.
  const detail = said.replace(/^(unknown option '[^'=]*)=.*'/, "$1'");
  const words = argv.filter((word) => /^[a-z]+$/.test(word)).slice(0, 2);
  const group = words[0];
  // Commander's suggestions may be far off: only one that a slip of the fingers explains is made.
  const suggested = /Did you mean (?:one of )?([^?]+)/.exec(suggestion)?.[1]?.split(', ') ?? [];
  const written = /'(?:--)?([^'=]+)/.exec(said)?.[1] ?? '';
  const meant = nearest(
    written,
    suggested.map((word) => word.replace(/^--/, '')),
  );
  const near = suggested.find((word) => word.replace(/^--/, '') === meant);
  const help = `staithe ${[...words, '--help'].join(' ')}`;
  if (error.code === 'commander.unknownCommand') {
    const path = words.length > 1 && group !== undefined ? `${group} ` : '';
    return usageFailure(`${detail}.`, near ? `staithe ${path}${near}` : `staithe ${path}--help`);
  }
  return usageFailure(detail.endsWith('.') ? detail : `${detail}.`, near ? `${near} (see ${help})` : help);
}

/** @returns the exit code, as `exit-codes.ts` has them */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) is no error.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT.ok);
    });
  if (argv.includes('--no-color')) withoutColours();
  const how = { json: argv.includes('--json'), verbose: argv.includes('--verbose') };
  if (argv.length === 0) {
    process.stdout.write(guide());
    return EXIT.ok;
  }
  let code: number = EXIT.ok;
  try {
    const program = await createProgram(argv, (given) => {
      code = given;
    });
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(await failureOf(error, undefined), how);
    // Help that was asked for went to stdout; a noun without its verb got its help on stderr.
    if (error.exitCode === 0) return EXIT.ok;
    return error.code === 'commander.help' ? EXIT.usage : report(usageOf(error, argv), how);
  }
}
