/** Questions to the person at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { usageFailure } from '../failure.ts';

/** A line without echo; all of stdin when it is no terminal. */
export async function readSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).trim();
  process.stderr.write(question);
  // readline echoes to its output: one that swallows everything keeps the secret off the screen.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // In raw mode Ctrl-C is a key, not a signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** Asks for the very word, as for `gh repo delete`. @throws Failure usage, when it was not given or nobody can be asked */
export async function confirm(what: string, word: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw usageFailure(
      `${what} asks first, and there is nobody to ask.`,
      'Say --yes to do it without asking.',
    );
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const answer = await lines.question(`${what} cannot be undone. Type ${word} to go on: `);
  lines.close();
  if (answer.trim() !== word)
    throw usageFailure('Nothing was changed.', `Type exactly ${word}, or say --yes.`);
}
