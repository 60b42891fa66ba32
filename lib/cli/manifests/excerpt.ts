/** An error as compilers print it: position, reason, and the line with a mark below the column. */
import type { Mistake } from '../../domain/manifest/index.ts';
import { clean } from '../terminal/clean.ts';
import { noteBold, noteDim, noteRed } from '../terminal/style.ts';

/** Longer lines are cut to this many characters around the column: a terminal has at least 80 columns. */
const WIDTH = 70;

/** @param path of the file, as it was given @returns lines for a terminal, on stderr */
export function excerptOf(path: string, text: string, mistake: Mistake): string[] {
  const { line, column, field, reason } = mistake;
  const written = text.split('\n')[line - 1] ?? '';
  // One column per character, so that the mark is below the right one.
  const from = Math.max(0, Math.min(column - 1 - WIDTH / 2, written.length - WIDTH));
  const plain = written.slice(from, from + WIDTH).replace(/[\t\r]/g, ' ');
  const number = String(line);
  const margin = ' '.repeat(number.length);
  return [
    `${noteBold(clean(`${path}:${line}:${column}`))} ${clean(`${field === '' ? 'the manifest' : field}: ${reason}`)}`,
    `  ${noteDim(`${number} |`)} ${plain.replace(/[^\P{C}]/gu, '?')}`,
    `  ${noteDim(`${margin} |`)} ${' '.repeat(column - 1 - from)}${noteRed('^')}`,
  ];
}
