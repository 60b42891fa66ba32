/** Prompts at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { usageFailure } from '../failure/failure.ts';

/** Reads a line without echo, or all of stdin if it is not a terminal. */
export async function readSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).trim();
  process.stderr.write(question);
  // readline echoes to its output: this one discards everything.
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: discard, terminal: true });
  // In raw mode Ctrl-C is a key, not a signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/**
 * Asks to type a word, as `gh repo delete` does.
 * @param action in the -ing form: `Deleting project hello`
 * @throws Failure usage: another word, or stdin is not a terminal
 */
export async function confirm(action: string, word: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw usageFailure(
      `${action} requires confirmation, and stdin is not a terminal.`,
      'Add --yes to skip the confirmation.',
    );
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const answer = await lines.question(`${action} cannot be undone. Type ${word} to continue: `);
  lines.close();
  if (answer.trim() !== word)
    throw usageFailure('Cancelled: the typed name does not match.', `Type exactly ${word}, or add --yes.`);
}
