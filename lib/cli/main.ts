/** From the command line to an exit code. */
import { CommanderError } from 'commander';
import { nearest } from '../domain/validation/nearest.ts';
import { failureOf } from './api/failure-of.ts';
import { EXIT } from './failure/exit-codes.ts';
import { usageFailure } from './failure/failure.ts';
import { guide } from './help/guide.ts';
import { createProgram } from './program/program.ts';
import { report } from './terminal/report.ts';
import { withoutColours } from './terminal/style.ts';

/** An error of commander as a failure; its suggestion becomes the next command. */
function usageOf(error: CommanderError, argv: readonly string[]) {
  const [message = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  // The value of an unknown option may be a secret.
  const sentence = message.replace(/^(unknown option '[^'=]*)=.*'/, "$1'").replace(/(?<!\.)$/, '.');
  const detail = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  const words = argv.filter((word) => /^[a-z]+$/.test(word)).slice(0, 2);
  const group = words[0];
  // Only a suggestion that a typing error explains: commander also suggests words that are far off.
  const suggested = /Did you mean (?:one of )?([^?]+)/.exec(suggestion)?.[1]?.split(', ') ?? [];
  const typed = /'(?:--)?([^'=]+)/.exec(message)?.[1] ?? '';
  const meant = nearest(
    typed,
    suggested.map((word) => word.replace(/^--/, '')),
  );
  const near = suggested.find((word) => word.replace(/^--/, '') === meant);
  const help = `staithe ${[...words, '--help'].join(' ')}`;
  if (error.code === 'commander.unknownCommand') {
    const path = words.length > 1 && group !== undefined ? `${group} ` : '';
    return usageFailure(detail, near ? `staithe ${path}${near}` : `staithe ${path}--help`);
  }
  return usageFailure(detail, near ? `${near} (see ${help})` : help);
}

/** @returns an exit code of exit-codes.ts */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that stops early (`| head`) is not an error.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT.ok);
    });
  if (argv.includes('--no-color')) withoutColours();
  const output = { json: argv.includes('--json'), verbose: argv.includes('--verbose') };
  if (argv.length === 0) {
    process.stdout.write(guide());
    return EXIT.ok;
  }
  let code: number = EXIT.ok;
  try {
    const program = await createProgram(argv, (exitCode) => {
      code = exitCode;
    });
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(await failureOf(error, undefined), output);
    // Requested help is a success. A noun without a verb prints its help to stderr and is a usage error.
    if (error.exitCode === 0) return EXIT.ok;
    return error.code === 'commander.help' ? EXIT.usage : report(usageOf(error, argv), output);
  }
}
