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
}
