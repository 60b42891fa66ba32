/** Claims on how values and the text of strangers are shown. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { LogLine } from '../../lib/cli/api/resources.ts';
import { logFormatter } from '../../lib/cli/follow/line.ts';
import { clean } from '../../lib/cli/terminal/clean.ts';
import { bytes, duration } from '../../lib/cli/terminal/format.ts';
import { hasColours, withoutColours } from '../../lib/cli/terminal/style.ts';
import { fields, table } from '../../lib/cli/terminal/table.ts';

test.each([
  { what: 'clearing the screen', text: 'a\u001b[2Jb', shown: 'ab' },
  { what: 'a window title', text: 'a\u001b]0;evil\u0007b', shown: 'ab' },
  { what: 'a link', text: '\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\', shown: 'text' },
  { what: 'a title that never ends', text: 'a\u001b]0;evil', shown: 'a' },
  { what: 'going back to the start of the line', text: 'safe\revil', shown: 'safeevil' },
  { what: 'C1 controls', text: 'a\u009b2Jb', shown: 'a2Jb' },
  { what: 'a full reset', text: 'a\u001bcb', shown: 'ab' },
  { what: 'text that runs backwards', text: 'a\u202egpj.exe\u2066b', shown: 'agpj.exeb' },
  { what: 'NUL and backspace', text: 'a\u0000\u0008b', shown: 'ab' },
  { what: 'a lone escape at the end', text: 'a\u001b', shown: 'a' },
])('text of a build cannot steer the terminal by $what', ({ text, shown }) => {
  expect(clean(text)).toBe(shown);
  expect(clean(text, true)).toBe(shown);
});

test('colours of a build are kept where there are colours, and end with its line', () => {
  expect(clean('\u001b[31mred', true)).toBe('\u001b[31mred\u001b[0m');
  expect(clean('\u001b[31mred')).toBe('red');
});

test.each([
  { what: 'concealed', text: '\u001b[8mpassword\u001b[39m' },
  { what: 'black on black', text: '\u001b[30;40mhidden\u001b[22m' },
  { what: 'reversed', text: '\u001b[7mtitle\u001b[39m' },
  { what: 'on another background', text: '\u001b[41;31mred\u001b[39m' },
  { what: 'coloured after a reset', text: '\u001b[0;31mred' },
])('a text of a build leaves nothing $what behind it, whatever it has ended', ({ text }) => {
  expect(clean(text, true)).toBe(`${text}\u001b[0m`);
});

test.each(['\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[m', '\u001b[31mred\u001b[00m', 'none'])(
  'a text that ends all that it began stays as it is: %j',
  (text) => {
    expect(clean(text, true)).toBe(text);
  },
);

test('a row of a table stays one row, and a value shows no colours but its own', () => {
  const name = '\u001b[31mred\u001b[0m\tand\nnext';

  const rows = table([{ name }], [{ title: 'name', value: (row) => row.name }]).split('\n');

  expect(rows.at(-1)).toBe('red and next');
  expect(fields([['name', name]])).not.toContain('\u001b[31m');
  expect(fields([['name', 'x', (text) => `<${text}>`]])).toContain('<x>');
});

describe('colours are shown', () => {
  const [terminal, pipe] = [
    { isTTY: true, getColorDepth: () => (process.env.NO_COLOR ? 1 : 8) },
    { isTTY: false, getColorDepth: () => 8 },
  ] as unknown as [NodeJS.WriteStream, NodeJS.WriteStream];
  const printed = (stream: NodeJS.WriteStream, colours?: boolean) =>
    logFormatter((line: LogLine) => line.job, 1, stream, { colours })({
      timestamp: '2026-11-21T09:30:00.000Z',
      job_id: `job_${'0'.repeat(26)}`,
      service: 'web',
      job: 'web',
      attempt: 1,
      message: '\u001b[31mred',
    });
  afterEach(() => void vi.unstubAllEnvs());

  test.each([
    { where: 'on a terminal', stream: terminal, env: {}, shown: true },
    { where: 'in no pipe', stream: pipe, env: {}, shown: false },
    { where: 'on no terminal with NO_COLOR', stream: terminal, env: { NO_COLOR: '1' }, shown: false },
    { where: 'in a pipe with FORCE_COLOR', stream: pipe, env: { FORCE_COLOR: '1' }, shown: true },
    { where: 'nowhere with FORCE_COLOR=0', stream: terminal, env: { FORCE_COLOR: '0' }, shown: false },
    {
      where: 'where both are set, by FORCE_COLOR',
      stream: pipe,
      env: { FORCE_COLOR: '3', NO_COLOR: '1' },
      shown: true,
    },
  ])('$where', ({ stream, env, shown }) => {
    for (const name of ['FORCE_COLOR', 'NO_COLOR']) vi.stubEnv(name, Reflect.get(env, name));

    expect(hasColours(stream)).toBe(shown);
    // The log's own and those of its frame alike.
    expect(printed(stream).includes('\u001b[31m')).toBe(shown);
    expect(printed(stream).includes('\u001b[2m')).toBe(shown);
    // Who asks for them, or for none, is not asked twice.
    expect(printed(stream, true)).toContain('\u001b[31m');
    expect(printed(stream, false)).not.toContain('\u001b');
  });

  test('nowhere with --no-color', () => {
    vi.stubEnv('FORCE_COLOR', '1');
    vi.stubEnv('NO_COLOR', undefined);

    withoutColours();

    expect(hasColours(terminal)).toBe(false);
  });
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
