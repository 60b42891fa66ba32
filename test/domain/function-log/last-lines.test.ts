import { beforeEach, describe, expect, test } from 'vitest';
import { StaitheError } from '../../../lib/domain/error.ts';
import { lastLines } from '../../../lib/domain/function-log/last-lines.ts';
import type { FunctionLogs, StreamFilter } from '../../../lib/domain/ports/function-logs.ts';
import { readyToDeploy } from '../deploying.ts';

const REPORT = 'REPORT RequestId: 1 Duration: 3.00 ms';

let scene: Awaited<ReturnType<typeof readyToDeploy>>;

beforeEach(async () => {
  scene = await readyToDeploy();
  scene.place.ports.probe.answer = { status: 502 };
});

describe('the last words of a version', () => {
  /** What is asked for, when, in seconds. */
  const asked: { at: number; of?: StreamFilter | undefined }[] = [];
  const heard = async ({ perSecond = 0.5, since = 0, late = 10_000 } = {}) => {
    const { clock, functionLogs } = scene.place.ports;
    const began = clock.now().getTime();
    asked.length = 0;
    const logs: FunctionLogs = {
      ...functionLogs,
      readsPerSecond: perSecond,
      lateByMs: late,
      read(name, page) {
        asked.push({ at: (clock.now().getTime() - began) / 1000, of: page.of });
        return functionLogs.read(name, page);
      },
    };
    return lastLines(
      { clock, functionLogs: logs },
      { functionName: 'hello', version: '1', since: began + since, variables: {} },
      async (milliseconds) => clock.advance(milliseconds),
    );
  };
  const print = (
    messages: readonly string[],
    { version = '1', began = undefined as string | undefined } = {},
  ) => {
    const timestamp = scene.place.ports.clock.now().getTime();
    const events = messages.map((message) => ({ timestamp, message, version, ...(began && { began }) }));
    scene.place.ports.functionLogs.append('hello', ...events);
  };

  test('are found behind all that other versions print', async () => {
    print(
      Array.from({ length: 60_000 }, () => 'of version 7'),
      { version: '7' },
    );
    print(['why', REPORT]);

    expect(await heard()).toEqual(['why']);
    expect(asked).toHaveLength(1);
  });

  test('are the last ones, of however many pages', async () => {
    print([...Array.from({ length: 75_000 }, (_, index) => `line ${index}`), REPORT]);

    expect((await heard({ perSecond: 12 })).at(-1)).toBe('line 74999');
    expect(asked).toHaveLength(8);
  });

  test('are waited for with no more reads than one reader has', async () => {
    print(['not reported']);

    expect(await heard()).toEqual(['not reported']);

    const gaps = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
    expect(asked.length).toBeLessThanOrEqual(5 + 10 * 0.5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1 / (5 * 0.5));
    expect(Math.min(...gaps.slice(4))).toBeGreaterThanOrEqual(1 / 0.5);
  });

  test('are those of a process that began before midnight', async () => {
    scene.place.ports.clock.advance(15 * 3_600_000); // 00:30
    print(['why', REPORT], { began: '2026-11-21' });

    expect(await heard()).toEqual(['why']);
    expect(asked.map(({ of }) => of?.day)).toEqual(['2026-11-22', '2026-11-21']);
  });

  test('are those of a process that began after midnight, of a deployment from before', async () => {
    scene.place.ports.clock.advance(15 * 3_600_000);
    print(['why', REPORT]);

    expect(await heard({ since: -3_600_000 })).toEqual(['why']);
  });

  test('are what was found when the store refuses the rest', async () => {
    print(Array.from({ length: 25_000 }, (_, index) => `line ${index}`));
    const { functionLogs } = scene.place.ports;
    const read = functionLogs.read;
    const refused = new StaitheError('at_limit', 'Too often.');
    functionLogs.read = (name, page) => (page.token === '20000' ? Promise.reject(refused) : read(name, page));

    expect((await heard()).at(-1)).toBe('line 19999');
    functionLogs.read = () => Promise.reject(refused);
    await expect(heard()).rejects.toMatchObject({ code: 'at_limit' });
  });
});
