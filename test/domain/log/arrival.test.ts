/** Of a run that has just ended, the last lines are on their way: readers get the log whole all the same. */
import { describe, expect, test } from 'vitest';
import { read } from '../../../lib/domain/log/index.ts';
import { LAST } from '../../../lib/domain/log/marks.ts';
import type { LogSource, LogStream } from '../../../lib/domain/log/streams.ts';
import { memoryLogs } from '../../memory/logs.ts';
import { memoryTable } from '../../memory/table.ts';

const AT = Date.parse('2026-11-29T09:30:00Z');
const SECOND = 1000;

/** The log of a run of two jobs that has just ended; `late` happens as time goes on. */
function endedRun(late: Readonly<Record<number, () => void>> = {}) {
  const logs = memoryLogs();
  let time = AT;
  const streams = ['api', 'web'].map(
    (name, index): LogStream => ({
      key: `${index}.0`,
      name,
      job: { id: `job_01JZX3V5N8Q2R4T6W8Y0A1B2C${index}`, service: name, name },
      attempt: 1,
      live: false,
      waitedForUntil: AT + 15 * SECOND,
    }),
  );
  const ports = { table: memoryTable(), logs, clock: { now: () => new Date(time) } };
  const due = Object.entries(late).map(([at, act]) => ({ at: AT + Number(at), act }));
  const pause = async (milliseconds: number) => {
    time += milliseconds;
    while (due[0] !== undefined && due[0].at <= time) due.shift()?.act();
  };
  const source = async (): Promise<LogSource> => ({ streams, ended: true });
  const say = (stream: string, at: number, message: string) =>
    logs.append(stream, { timestamp: AT + at, message });
  return {
    say,
    elapsed: () => time - AT,
    read: (options: { cursor?: string; wait?: number; tail?: number; platform?: boolean } = {}) =>
      read(ports, source, { log: 'a', limit: 100, ...options }, pause),
  };
}
type Page = Awaited<ReturnType<ReturnType<typeof endedRun>['read']>>;
const texts = ({ items }: Page) => items.map(({ message }) => message);

describe('a log that is read once', () => {
  test('is whole and in order, though the last lines of a job come after its end', async () => {
    const run = endedRun({
      800: () => run.say('api', -100, `${LAST}==> done in 1.0 s`),
    });
    run.say('api', -300, 'api begins');
    run.say('web', -200, 'web begins');
    run.say('web', -50, `${LAST}==> done in 2.0 s`);

    const page = await run.read();

    expect(texts(page)).toEqual(['api begins', 'web begins', '==> done in 1.0 s', '==> done in 2.0 s']);
    expect(run.elapsed()).toBeLessThan(2 * SECOND);
  });

  test('waits for a last line that never comes for 15 seconds at most', async () => {
    const run = endedRun();
    run.say('api', -300, 'api begins');

    expect(texts(await run.read())).toEqual(['api begins']);
    expect(run.elapsed()).toBeGreaterThanOrEqual(14 * SECOND);
    expect(run.elapsed()).toBeLessThanOrEqual(16 * SECOND);
  });

  test('has the last lines of all when only those are asked for', async () => {
    const run = endedRun({ 600: () => run.say('web', -10, `${LAST}==> done in 2.0 s`) });
    run.say('api', -20, `${LAST}==> done in 1.0 s`);
    run.say('web', -300, 'web begins');

    expect(texts(await run.read({ tail: 2 }))).toEqual(['==> done in 1.0 s', '==> done in 2.0 s']);
  });
});

describe('a follower', () => {
  test('is told that the log is complete as soon as the last line of each job was shown', async () => {
    const run = endedRun({ 700: () => run.say('web', -10, `${LAST}==> done in 2.0 s`) });
    run.say('api', -20, `${LAST}==> done in 1.0 s`);

    const first = await run.read({ wait: 20 });
    const second = await run.read({ wait: 20, cursor: first.next_cursor });
    const third = await run.read({ wait: 20, cursor: second.next_cursor });

    expect([first, second].map(texts)).toEqual([['==> done in 1.0 s'], ['==> done in 2.0 s']]);
    expect([first, second, third].map(({ complete }) => complete)).toEqual([false, false, true]);
    expect(run.elapsed()).toBeLessThan(2 * SECOND);
  });

  test('who began with the last lines waits for none of a job whose last line was among them', async () => {
    const run = endedRun();
    run.say('api', -20, `${LAST}==> done in 1.0 s`);
    run.say('web', -10, `${LAST}==> done in 2.0 s`);

    const first = await run.read({ wait: 20, tail: 2 });
    const second = await run.read({ wait: 20, cursor: first.next_cursor });

    expect(texts(first)).toEqual(['==> done in 1.0 s', '==> done in 2.0 s']);
    expect(second).toMatchObject({ items: [], complete: true });
    expect(run.elapsed()).toBe(0);
  });

  test('who began with the last lines is not told that the log is complete while others may come', async () => {
    const run = endedRun({ 700: () => run.say('web', -10, `${LAST}==> done in 2.0 s`) });
    run.say('api', -20, `${LAST}==> done in 1.0 s`);

    const first = await run.read({ wait: 20, tail: 2 });
    const second = await run.read({ wait: 20, cursor: first.next_cursor });

    expect(first).toMatchObject({ items: [{ message: '==> done in 1.0 s' }], complete: false });
    expect(texts(second)).toEqual(['==> done in 2.0 s']);
  });

  test('of the lines of the platform gets those that come after the last one of the agent', async () => {
    const run = endedRun({
      3000: () => run.say('web', 10, '[Container] 2026/11/29 09:30:00.000000 Phase complete: BUILD'),
    });
    run.say('api', -20, `${LAST}==> done in 1.0 s`);
    run.say('web', -10, `${LAST}==> done in 2.0 s`);

    const first = await run.read({ wait: 20, platform: true });
    const second = await run.read({ wait: 20, platform: true, cursor: first.next_cursor });

    expect(texts(second)).toEqual(['[Container] 2026/11/29 09:30:00.000000 Phase complete: BUILD']);
  });
});
