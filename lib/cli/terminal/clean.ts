/** Text of others on this terminal: builds print what they like, and must not steer the terminal that shows it. */
import { withoutSequences } from '../../domain/log/ansi.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const COLOUR = /^\x1b\[[0-9;:]*m$/;

/** Without escape sequences and control characters; with `colours`, those that set colours stay. */
export function clean(text: string, colours = false): string {
  let coloured = false;
  const kept = withoutSequences(text, (sequence) => {
    if (!colours || !COLOUR.test(sequence)) return false;
    coloured = true;
    return true;
  });
  return coloured ? `${kept}\x1b[0m` : kept;
}
