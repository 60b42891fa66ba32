/** Text of others on this terminal: builds print what they like, and must not steer the terminal that shows it. */

// ECMA-48 sequences (CSI, OSC and other strings, two-byte escapes) and the control characters but tab.
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const COLOUR = /^\x1b\[[0-9;:]*m$/;

/** Without escape sequences and control characters; with `colours`, those that set colours stay. */
export function clean(text: string, colours = false): string {
  let coloured = false;
  const kept = text.replace(SEQUENCES, (sequence) => {
    if (!colours || !COLOUR.test(sequence)) return '';
    coloured = true;
    return sequence;
  });
  return coloured ? `${kept}\x1b[0m` : kept;
}
