/** Control sequences in what builds print: colours, cursor movements, titles, progress bars. */

// ECMA-48 sequences (CSI, OSC and other strings, two-byte escapes) and the control characters but tab.
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ANY_CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/** Without sequences and control characters, but for the sequences that `keeps` wants. */
export function withoutSequences(text: string, keeps: (sequence: string) => boolean = () => false): string {
  if (!ANY_CONTROL.test(text)) return text;
  return text.replace(SEQUENCES, (sequence) => (keeps(sequence) ? sequence : ''));
}

/** What a terminal would show at the end of a line that a progress bar has written several times: its last state. */
export function lastState(line: string): string {
  if (!line.includes('\r')) return line;
  const states = line.split('\r');
  // The last one may hold sequences only, that clean up behind the bar.
  return states.findLast((state) => withoutSequences(state).trim() !== '') ?? '';
}

/** A line as plain text: its last state, nothing that steers a terminal. */
export function plain(line: string): string {
  return withoutSequences(lastState(line));
}

/** DEL and C1, which terminals obey, and what some readers take for the end of a line (NEL is of C1; U+2028, U+2029). */
const UNESCAPED = /[\x7f-\x9f\u2028\u2029]/g;

/** The same JSON with characters escaped that it leaves as they are and that a terminal or a reader of lines would not. */
export function escapedJson(json: string): string {
  return json.replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
