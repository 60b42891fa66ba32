/** What the domain relies on in log streams. */
import { expect, test } from 'vitest';
import type { LogStore } from '../../../lib/domain/ports/logs.ts';

export interface LogsUnderTest {
  readonly logs: LogStore;
  append(stream: string, messages: readonly string[]): Promise<void>;
}

let streams = 0;
const freshStream = (): string => `build/${++streams}`;

export function logsContract(subject: () => LogsUnderTest): void {
  const messages = async (stream: string, cursor: string | undefined, limit = 100) => {
    const page = await subject().logs.read(stream, { ...(cursor !== undefined && { cursor }), limit });
    return { lines: page.lines.map(({ message }) => message), cursor: page.cursor };
  };

  test('a stream that does not exist yet has no lines, and gives them once it does', async () => {
    const stream = freshStream();

    const before = await messages(stream, undefined);
    await subject().append(stream, ['1']);

    expect(before.lines).toEqual([]);
    expect((await messages(stream, before.cursor)).lines).toEqual(['1']);
  });

  test('lines come oldest first, a page at a time, each once; at the end the cursor waits for more', async () => {
    const stream = freshStream();
    await subject().append(stream, ['1', '2', '3']);

    const first = await messages(stream, undefined, 2);
    const second = await messages(stream, first.cursor, 2);
    const end = await messages(stream, second.cursor, 2);
    await subject().append(stream, ['4']);
    const later = await messages(stream, end.cursor, 2);

    expect([first, second, end, later].map(({ lines }) => lines)).toEqual([['1', '2'], ['3'], [], ['4']]);
  });

  test('a line has its time, and no line break', async () => {
    const stream = freshStream();
    await subject().append(stream, ['with an end']);

    const page = await subject().logs.read(stream, { limit: 10 });

    expect(page.lines).toEqual([{ timestamp: expect.any(Number), message: 'with an end' }]);
    expect(Math.abs((page.lines[0]?.timestamp ?? 0) - Date.now())).toBeLessThan(86_400_000 * 365);
  });

  const back = async (stream: string, before?: string, limit = 2) => {
    const page = await subject().logs.readBack(stream, { ...(before !== undefined && { before }), limit });
    return { ...page, lines: page.lines.map(({ message }) => message) };
  };

  test('a stream can be read from its end back to its beginning', async () => {
    const stream = freshStream();
    await subject().append(stream, ['1', '2', '3', '4', '5']);

    const pages = [await back(stream)];
    for (let last = pages.at(-1); last?.before !== undefined; last = pages.at(-1))
      pages.push(await back(stream, last.before));

    expect(pages.map(({ lines }) => lines).filter((lines) => lines.length > 0)).toEqual([
      ['4', '5'],
      ['2', '3'],
      ['1'],
    ]);
  });

  test('from a page that was read back it can be read on, without a line twice', async () => {
    const stream = freshStream();
    await subject().append(stream, ['1', '2', '3', '4']);

    const last = await back(stream);
    const earlier = await back(stream, last.before);
    await subject().append(stream, ['5']);

    expect((await messages(stream, last.cursor)).lines).toEqual(['5']);
    expect((await messages(stream, earlier.cursor, 2)).lines).toEqual(['3', '4']);
  });

  test('a stream that does not exist yet has no last lines', async () => {
    expect(await back(freshStream())).toMatchObject({ lines: [] });
  });
}
