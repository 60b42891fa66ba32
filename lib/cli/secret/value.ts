/** The value of a secret: typed without being shown, or read from stdin. Never a word of the command. */
import { buffer } from 'node:stream/consumers';
import { usageFailure } from '../failure.ts';
import { readSecret } from '../terminal/ask.ts';

/** @throws Failure usage, when there is none or it is no text */
export async function readValue(name: string): Promise<string> {
  const value = process.stdin.isTTY
    ? await readSecret(`Value of ${name} (it is not shown): `)
    : withoutLastNewline(textOf(await buffer(process.stdin)));
  if (value === '')
    throw usageFailure(
      'No value was given.',
      `Type it when asked, or send it on stdin: … | staithe secret set ${name}`,
    );
  return value;
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usageFailure(
      'The value is not text in UTF-8.',
      'Encode it: base64 -w0 < file | staithe secret set …',
    );
  }
}

/** The newline of a single line is that of `echo`. A value of several lines is a file and is kept to the byte. */
function withoutLastNewline(text: string): string {
  const line = text.replace(/\r?\n$/, '');
  return line.includes('\n') ? text : line;
}
