import { anyCharacter } from 'embedded-cloud/test-kit/any-text.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastState, plain } from '../../../lib/domain/log/ansi.ts';
import { asJsonLines, asText, styled } from '../../../lib/domain/log/index.ts';
import type { LogLine } from '../../../lib/domain/log/schema.ts';

const line = (message: string): LogLine => ({
  timestamp: '2026-11-21T09:30:00.123Z',
  job_id: 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  service: 'api',
  job: 'api (erlang=25)',
  attempt: 2,
  message,
});
const page = (message: string) => ({ items: [line(message)], next_cursor: 'c', complete: true });
const RED = '\u001b[31mred\u001b[0m\u001b[2K';

test('text has the time in UTC, the job with its cell of the matrix, and the line', () => {
  expect(asText([line('one'), line('')], ({ job }) => job)).toBe(
    '[09:30:00] api (erlang=25) | one\n[09:30:00] api (erlang=25) | \n',
  );
});

test('control sequences are stripped from text and kept in JSON, unless it is asked for otherwise', () => {
  const of = (...given: Parameters<typeof styled>) => styled(...given).items[0]?.message;

  expect([of(page(RED), 'text'), of(page(RED), 'json'), of(page(RED), 'jsonl')]).toEqual(['red', RED, RED]);
  expect([of(page(RED), 'text', 'keep'), of(page(RED), 'json', 'strip')]).toEqual([RED, 'red']);
});

test('each line of JSON lines is one line, whatever was printed', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: anyCharacter })), (messages) => {
      const written = asJsonLines([...messages, 'a\u0085b\u2028c\u2029d\u009be'].map(line));

      // As readers do that know every line end of Unicode, too.
      const lines = written.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).slice(0, -2);
      expect(lines.map((text) => JSON.parse(text).message)).toEqual(messages);
    }),
  );
});

test.each([
  ['10%\r50%\r100%', '100%'],
  ['10%\r100%\r', '100%'],
  ['100%\r\u001b[K', '100%'],
  ['no progress', 'no progress'],
  ['\r\r', ''],
])('of the progress bar %j the last state is %j', (printed, state) => {
  expect(plain(lastState(printed))).toBe(state);
});

test('plain text has no control character but tabs, whatever was printed', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
      expect(plain(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }),
  );
});
