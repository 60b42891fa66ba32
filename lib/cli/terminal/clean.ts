/**
 * Text of others on this terminal: builds print and people write what they like, and must not steer the terminal that
 * shows it. The one rule: colours may stay where colours are shown (SGR, ECMA-48 section 8.3.117); every other escape
 * sequence goes, all control characters but tab and newline, and what reverses the direction of text (Unicode's
 * embeddings, overrides and isolates, UAX #9), which makes one name look like another.
 */
import { withoutSequences } from '../../domain/log/ansi.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const COLOUR = /^\x1b\[[0-9;:]*m$/;
const RESET = '\x1b[0m';
/**
 * Ends all that SGR has begun. Whatever ends one thing only (39 the colour, 22 bold) may leave another behind: text that
 * is concealed (8) or reversed (7), or another background.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const FULL_RESET = /^\x1b\[0*m$/;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Without what steers; with `colours`, those stay, and end with the text. */
export function clean(text: string, colours = false): string {
  let last = RESET;
  const kept = withoutSequences(text, (sequence) => {
    if (!colours || !COLOUR.test(sequence)) return false;
    last = sequence;
    return true;
  }).replace(DIRECTIONS, '');
  return FULL_RESET.test(last) ? kept : `${kept}${RESET}`;
}

/** For a cell of a table, or whatever else has one line. */
export const cleanLine = (text: string): string => clean(text).replace(/[\t\n]+/g, ' ');
