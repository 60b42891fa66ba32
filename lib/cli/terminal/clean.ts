/**
 * Untrusted text on this terminal: builds and users can print anything, and must not control the terminal that shows it.
 * One rule: colours stay where colours are shown (SGR, ECMA-48 section 8.3.117); every other escape sequence is removed,
 * and all control characters but tab and newline, and the characters that change the direction of text (Unicode's
 * embeddings, overrides and isolates, UAX #9), which make one name look like another.
 */
import { withoutSequences } from '../../domain/log/ansi.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const COLOUR = /^\x1b\[[0-9;:]*m$/;
const RESET = '\x1b[0m';
/**
 * Resets everything that SGR can set. A sequence that resets one attribute (39 the colour, 22 bold) can leave others:
 * concealed (8) or reversed (7) text, or a background.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const FULL_RESET = /^\x1b\[0*m$/;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Removes control sequences; with `colours`, keeps colours and resets them at the end. */
export function clean(text: string, colours = false): string {
  let last = RESET;
  const kept = withoutSequences(text, (sequence) => {
    if (!colours || !COLOUR.test(sequence)) return false;
    last = sequence;
    return true;
  }).replace(DIRECTIONS, '');
  return FULL_RESET.test(last) ? kept : `${kept}${RESET}`;
}

/** For a cell of a table, or any other text of one line. */
export const cleanLine = (text: string): string => clean(text).replace(/[\t\n]+/g, ' ');
