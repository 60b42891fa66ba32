import { describe, expect, test } from 'vitest';
import { sealed } from '../../../lib/domain/log/cursor.ts';
import type { StoredLine } from '../../../lib/domain/ports/logs.ts';
import { memoryTable } from '../../memory/table.ts';
import { AT, desk, JOB, line, texts } from './desk.ts';

const lines = (count: number, name: string, step = 1, from = 0): StoredLine[] =>
  Array.from({ length: count }, (_, index) => line(from + index * step, `${name} ${index}`));

describe('a page of several jobs', () => {
  test('has its lines in order of time, each with its job and attempt', async () => {
    const { logs, read } = desk(['api', 'web']);
    logs.append('api', line(1, 'a'), line(3, 'c'));
    logs.append('web', line(2, 'b'));

    const page = await read();

    expect(texts(page)).toEqual(['a', 'b', 'c']);
    expect(page.items[1]).toEqual({
      timestamp: '2026-11-21T09:30:00.002Z',
      job_id: `${JOB}1`,
      service: 'web',
      job: 'web',
      attempt: 1,
      message: 'b',
    });
    expect(page.complete).toBe(false);
  });

  test('has the lines of a quiet job at once, whatever another one floods', async () => {
    const { logs, read } = desk(['flood', 'quiet']);
    logs.append('flood', ...lines(100_000, 'flood'));
    logs.append('quiet', ...lines(3, 'quiet', 1, 90_000));

    const page = await read({ limit: 100 });

    expect(texts(page).filter((text) => text.startsWith('quiet'))).toEqual(['quiet 0', 'quiet 1', 'quiet 2']);
  });

  test('gives the share of a quiet job to those that have more', async () => {
    const { logs, read } = desk(['flood', 'quiet', 'silent', 'none']);
    logs.append('flood', ...lines(1000, 'flood'));
    logs.append('quiet', ...lines(3, 'quiet'));
    logs.append('silent');

    const page = await read({ limit: 100 });

    expect(texts(page).filter((text) => text.startsWith('flood'))).toHaveLength(97);
  });

  test('shares equally between two that flood', async () => {
    const { logs, read } = desk(['one', 'two']);
    logs.append('one', ...lines(1000, 'one'));
    logs.append('two', ...lines(1000, 'two'));

    const page = await read({ limit: 100 });

    expect(texts(page).filter((text) => text.startsWith('one'))).toHaveLength(50);
    expect(texts(page)).toHaveLength(100);
  });

  test('shows an empty line as one, though the store cannot keep it', async () => {
    const { logs, read } = desk(['api']);
    logs.append('api', line(1, ' '));

    expect(texts(await read())).toEqual(['']);
  });
});

describe('a page fits into the answer of a Lambda function', () => {
  const CONTROL = '\u0001'.repeat(256 * 1024 - 26);
  const answerBytes = (page: unknown) => Buffer.byteLength(JSON.stringify({ body: JSON.stringify(page) }));

  test('even when all of it is control characters', async () => {
    const { logs, read } = desk(['api', 'web'], true);
    logs.append('api', ...Array.from({ length: 9 }, (_, at) => line(at, CONTROL)));
    logs.append('web', ...Array.from({ length: 9 }, (_, at) => line(at, CONTROL)));

    let page = await read();
    let count = page.items.length;
    while (!page.complete) {
      expect(answerBytes(page)).toBeLessThan(6_291_556);
      page = await read({ cursor: page.next_cursor });
      count += page.items.length;
    }

    expect(count).toBe(18);
  });

  test('also the last lines', async () => {
    const { logs, read } = desk(['api'], true);
    logs.append('api', ...Array.from({ length: 9 }, (_, at) => line(at, CONTROL)), line(10, 'end'));

    const page = await read({ tail: 10 });

    expect(answerBytes(page)).toBeLessThan(6_291_556);
    expect(page.items.at(-1)?.message).toBe('end');
    expect(page.items.length).toBeGreaterThan(1);
  });
});

describe('the last lines', () => {
  test('are those of all jobs together, and reading goes on behind them', async () => {
    const { logs, read } = desk(['api', 'web']);
    logs.append('api', ...lines(50, 'api', 2));
    logs.append('web', ...lines(50, 'web', 2, 1));

    const last = await read({ tail: 4 });
    logs.append('web', line(1000, 'new'));
    const next = await read({ cursor: last.next_cursor });

    expect(texts(last)).toEqual(['api 48', 'web 48', 'api 49', 'web 49']);
    expect(texts(next)).toEqual(['new']);
  });

  test('do not count those of the platform', async () => {
    const { logs, read } = desk(['api'], true);
    const container = line(5, '[Container] 2026/11/21 09:30:00.123456 Phase complete');
    logs.append('api', ...lines(3, 'api'), ...Array.from({ length: 200 }, () => container));

    const last = await read({ tail: 2 });

    expect(texts(last)).toEqual(['api 1', 'api 2']);
    expect(last.complete).toBe(true);
  });

  test('may be more than there are, or none yet', async () => {
    const { logs, read } = desk(['api', 'web']);

    const before = await read({ tail: 5 });
    logs.append('api', line(1, 'a'));

    expect(before.items).toEqual([]);
    expect(texts(await read({ cursor: before.next_cursor }))).toEqual(['a']);
    expect(texts(await read({ tail: 5 }))).toEqual(['a']);
  });
});

test('the cursor of a run with fifty jobs is short enough for a URL', async () => {
  const token = (n: number) =>
    `f/${String(39_000_000_000_000_000n * 10n ** 39n + BigInt(n) * 7_919n ** 9n)}/s`;
  const positions = new Map(
    Array.from({ length: 50 }, (_, n) => [
      `${n}.0`,
      { cursor: token(n), skip: n, lookedAt: AT + n * 17, quiet: n % 5 },
    ]),
  );

  expect((await sealed(memoryTable(), 'a', positions)).length).toBeLessThan(4096);
});
