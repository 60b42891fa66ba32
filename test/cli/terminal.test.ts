/** Claims on how values and the text of strangers are shown. */
import { expect, test } from 'vitest';
import { clean } from '../../lib/cli/terminal/clean.ts';
import { bytes, duration } from '../../lib/cli/terminal/format.ts';
import { fields } from '../../lib/cli/terminal/table.ts';

test.each([
  { what: 'clearing the screen', text: 'a\u001b[2Jb', shown: 'ab' },
  { what: 'a window title', text: 'a\u001b]0;evil\u0007b', shown: 'ab' },
  { what: 'a link', text: '\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\', shown: 'text' },
  { what: 'a title that never ends', text: 'a\u001b]0;evil', shown: 'a' },
  { what: 'going back to the start of the line', text: 'safe\revil', shown: 'safeevil' },
  { what: 'C1 controls', text: 'a\u009b2Jb', shown: 'a2Jb' },
  { what: 'a full reset', text: 'a\u001bcb', shown: 'ab' },
  { what: 'a lone escape at the end', text: 'a\u001b', shown: 'a' },
])('text of a build cannot steer the terminal by $what', ({ text, shown }) => {
  expect(clean(text)).toBe(shown);
  expect(clean(text, true)).toBe(shown);
});

test('colours of a build are kept where there are colours, and end with its line', () => {
  expect(clean('\u001b[31mred', true)).toBe('\u001b[31mred\u001b[0m');
  expect(clean('\u001b[31mred')).toBe('red');
});

test('tabs and other alphabets stay as they are', () => {
  expect(clean('a\tb ✓ Ä')).toBe('a\tb ✓ Ä');
});

test('sizes and durations are read as people say them', () => {
  expect([0, 1023, 1536, 5 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 GiB']);
  expect([400, 59_000, 125_000, 3_780_000].map(duration)).toEqual(['0s', '59s', '2m 5s', '1h 3m']);
});

test('a value of several lines stays below its label', () => {
  expect(fields([['ab', 'one\ntwo']]).split('\n')).toEqual([expect.stringContaining('one'), '    two']);
});
