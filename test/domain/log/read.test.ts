import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StaitheError } from '../../../lib/domain/error.ts';
import { type Positions, sealed } from '../../../lib/domain/log/cursor.ts';
import type { ReadOptions } from '../../../lib/domain/log/follow.ts';
import { read } from '../../../lib/domain/log/index.ts';
import type { LogSource, LogStream } from '../../../lib/domain/log/streams.ts';
import type { LogStore, StoredLine } from '../../../lib/domain/ports/logs.ts';
import { memoryLogs } from '../../memory/logs.ts';
import { memoryTable } from '../../memory/table.ts';
import { refusal } from '../world.ts';

const JOB = 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C';
const AT = Date.parse('2026-11-21T09:30:00Z');

/** A log of streams by the names of their jobs, with a clock that moves only when somebody waits. */
function desk(names: readonly string[], ended = false, readsPerSecond = 100) {
  const logs = memoryLogs();
  const table = memoryTable();
  let time = AT;
  const streams = names.map(
    (name, index): LogStream => ({
      key: `${index}.0`,
      name,
      job: { id: `${JOB}${index}`, service: name, name },
      attempt: 1,
      live: !ended,
    }),
  );
  const scene = {
    streams,
    ended,
    looks: new Map<string, number>(),
    whenWaiting: (_: number) => {},
    whenAsked: (_: number) => {},
  };
  const counted: LogStore = {
    ...logs,
    readsPerSecond,
    read: (name, options) => {
      scene.whenAsked(time);
      scene.looks.set(name, (scene.looks.get(name) ?? 0) + 1);
      return logs.read(name, options);
    },
  };
  const ports = { table, logs: counted, clock: { now: () => new Date(time) } };
  const source = async (): Promise<LogSource> => ({
    streams: scene.streams.map((stream) => ({ ...stream, live: !scene.ended })),
    ended: scene.ended,
  });
  return {
    logs,
    scene,
    now: () => time,
    sealed: (positions: Positions) => sealed(table, 'a', positions),
    read: (options: Partial<ReadOptions> = {}) =>
      read(ports, source, { log: 'a', limit: 100, ...options }, async (milliseconds) => {
        // Those who wait at the same time wait together.
        const until = time + milliseconds;
        await Promise.resolve();
        time = Math.max(time, until);
        scene.whenWaiting(time);
      }),
  };
}

const line = (at: number, message: string): StoredLine => ({ timestamp: AT + at, message });
const lines = (count: number, name: string, step = 1, from = 0): StoredLine[] =>
  Array.from({ length: count }, (_, index) => line(from + index * step, `${name} ${index}`));
const texts = (page: { items: readonly { message: string }[] }) => page.items.map(({ message }) => message);

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

describe('reading to the end', () => {
  const stream = fc.array(fc.nat({ max: 50 }), { maxLength: 40 }).map((times) => times.sort((a, b) => a - b));
  const story = fc.record({
    streams: fc.array(stream, { minLength: 1, maxLength: 5 }),
    limit: fc.integer({ min: 1, max: 30 }),
    ended: fc.boolean(),
    platform: fc.boolean(),
  });
  const CONTAINER = '[Container] 2026/11/21 09:30:00.123456 Entering phase BUILD';

  test('gives each line exactly once, of each job in its order; of an ended run all in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ streams, limit, ended, platform }) => {
        const { logs, scene, read } = desk(
          streams.map((_, index) => `s${index}`),
          ended,
        );
        for (const [index, times] of streams.entries())
          logs.append(
            `s${index}`,
            ...times.flatMap((at, count) => [line(at, `${index} ${count}`), line(at, CONTAINER)]),
          );

        const seen: { timestamp: string; message: string }[] = [];
        let page = await read({ limit, platform });
        while (!page.complete) {
          seen.push(...page.items);
          if (page.items.length === 0) scene.ended = true;
          page = await read({ limit, platform, cursor: page.next_cursor });
        }

        for (const [index, times] of streams.entries())
          expect(texts({ items: seen }).filter((text) => text.startsWith(`${index} `))).toEqual(
            times.map((_, count) => `${index} ${count}`),
          );
        const platformLines = seen.filter(({ message }) => message === CONTAINER);
        expect(platformLines).toHaveLength(platform ? streams.flat().length : 0);
        const times = seen.map(({ timestamp }) => timestamp);
        if (ended) expect(times).toEqual([...times].sort());
      }),
      { numRuns: 300 },
    );
  });

  test('goes on where it was when lines are written meanwhile, whatever comes when', async () => {
    const step = fc.oneof(
      fc.record({ write: fc.nat({ max: 2 }), count: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ limit: fc.integer({ min: 1, max: 15 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { logs, scene, read } = desk(['0', '1', '2']);
        const written = [0, 0, 0];
        const seen: string[] = [];
        let cursor: string | undefined;
        const readOn = async (limit: number) => {
          const page = await read({ limit, cursor });
          cursor = page.next_cursor;
          seen.push(...texts(page));
          return page;
        };
        let time = 0;
        for (const act of steps) {
          if ('limit' in act) await readOn(act.limit);
          else
            for (let count = 0; count < act.count; count += 1) {
              time += 1;
              logs.append(String(act.write), line(time, `${act.write} ${written[act.write]}`));
              written[act.write] = (written[act.write] ?? 0) + 1;
            }
        }
        scene.ended = true;
        while (!(await readOn(10)).complete);

        for (const [index, count] of written.entries())
          expect(seen.filter((text) => text.startsWith(`${index} `))).toEqual(
            Array.from({ length: count }, (_, line) => `${index} ${line}`),
          );
      }),
      { numRuns: 300 },
    );
  });

  test.each(['', 'no cursor', Buffer.from('[]').toString('base64url')])(
    'refuses %j as a cursor',
    async (cursor) => {
      const { logs, read } = desk(['api']);
      logs.append('api', line(1, 'a'));

      expect(await refusal(read({ cursor }))).toBe('invalid_cursor');
    },
  );

  test('refuses a place that the store does not know as a cursor', async () => {
    const { logs, read, sealed } = desk(['api']);
    logs.append('api', line(1, 'a'));
    const cursor = await sealed(new Map([['0.0', { cursor: 'b/anything', skip: 0, lookedAt: 0, quiet: 0 }]]));

    expect(await refusal(read({ cursor }))).toBe('invalid_cursor');
  });

  test('refuses the cursor of another log, and shows nothing of what is in its own', async () => {
    const { logs, read } = desk(['api']);
    logs.append('api', line(1, 'a'));
    const { next_cursor: cursor } = await read();

    const bytes = Buffer.from(cursor, 'base64url');

    expect(() => inflateRawSync(bytes)).toThrow();
    expect(bytes.includes('0.0')).toBe(false);
    expect(await refusal(read({ cursor, log: 'b' }))).toBe('invalid_cursor');
    expect((await read({ cursor })).items).toEqual([]);
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

describe('a reader who waits', () => {
  test('gets a line as soon as it is there, and nothing at the end of the wait', async () => {
    const { logs, scene, read, now } = desk(['api']);
    scene.whenWaiting = (time) => {
      if (time >= AT + 3000) scene.whenWaiting = () => {};
      if (time >= AT + 3000) logs.append('api', line(3000, 'late'));
    };

    const page = await read({ wait: 10 });
    const waitedUntil = now();
    const nothing = await read({ wait: 10, cursor: page.next_cursor });

    expect(texts(page)).toEqual(['late']);
    expect(waitedUntil - AT).toBeLessThanOrEqual(3400);
    expect(nothing.items).toEqual([]);
    expect(now() - waitedUntil).toBe(10_000);
  });

  test('sees the streams of jobs that begin meanwhile', async () => {
    const { logs, scene, read } = desk([]);
    const late = desk(['api']).scene.streams;
    scene.whenWaiting = () => {
      scene.whenWaiting = () => {};
      scene.streams = late;
      logs.append('api', line(1, 'first'));
    };

    expect(texts(await read({ wait: 10 }))).toEqual(['first']);
  });

  test('is told the end while it waits', async () => {
    const { scene, read, now } = desk(['api']);
    scene.whenWaiting = (time) => {
      scene.ended = time >= AT + 2000;
    };

    const page = await read({ wait: 20 });

    expect(page).toMatchObject({ items: [], complete: true });
    expect(now() - AT).toBeLessThan(4000);
  });

  test('looks at quiet jobs less often than at one that speaks, over all its requests', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const { logs, scene, read, now } = desk(names);
    let count = 0;
    scene.whenWaiting = () => {
      count += 1;
      logs.append('s0', line(count, `line ${count}`));
    };

    let cursor: string | undefined;
    let seen = 0;
    while (now() < AT + 20_000) {
      const page = await read({ wait: 10, cursor });
      cursor = page.next_cursor;
      seen += page.items.length;
    }

    expect(seen).toBeGreaterThan(90);
    for (const name of names.slice(1)) expect(scene.looks.get(name)).toBeLessThan(12);
  });

  test('of one quiet job looks at it five times a second', async () => {
    const { scene, read } = desk(['api']);

    await read({ wait: 10 });

    expect(scene.looks.get('api')).toBeGreaterThanOrEqual(45);
    expect(scene.looks.get('api')).toBeLessThanOrEqual(52);
  });
});

/** Refuses what is beyond so many looks in a second, as CloudWatch Logs does for an account. */
function quota(perSecond: number) {
  const asked: number[] = [];
  let refused = 0;
  return {
    asked,
    refused: () => refused,
    ask(time: number) {
      if (asked.filter((at) => at > time - 1000).length >= perSecond) {
        refused += 1;
        throw new StaitheError('at_limit', 'Rate exceeded');
      }
      asked.push(time);
    },
  };
}

describe("on AWS, at 4 looks a second of an account's 10", () => {
  const JOBS = Array.from({ length: 60 }, (_, index) => `s${index}`);

  test('two who follow sixty speaking jobs stay below the quota, over all their requests', async () => {
    const scenes = [desk(JOBS, false, 4), desk(JOBS, false, 4)];

    for (const { logs, scene, read, now } of scenes) {
      const looks: number[] = [];
      scene.whenAsked = (time) => looks.push(time);
      scene.whenWaiting = (time) => {
        for (const name of JOBS) logs.append(name, line(time - AT, 'speaks'));
      };
      let cursor: string | undefined;
      while (now() < AT + 60_000) cursor = (await read({ wait: 20, cursor })).next_cursor;

      const busiest = Math.max(...looks.map((at) => looks.filter((t) => t >= at && t < at + 1000).length));
      expect(busiest).toBeLessThanOrEqual(5);
      expect(scene.looks.size).toBe(JOBS.length);
    }
  });

  test('a page of sixty jobs that have ended comes whole and in order, though the store refuses most looks at first', async () => {
    const { logs, scene, read } = desk(JOBS, true, 4);
    for (const [index, name] of JOBS.entries()) logs.append(name, line(1000 - index, name));
    const { ask, refused } = quota(10);
    scene.whenAsked = ask;

    const page = await read({ limit: 1000 });

    expect(refused()).toBeGreaterThan(0);
    expect(texts(page)).toEqual(JOBS.toReversed());
  });

  test('a follower whose looks are refused is told of nothing new, and later of all', async () => {
    const { logs, scene, read } = desk(['api'], false, 4);
    logs.append('api', line(1, 'a'));
    scene.whenAsked = () => {
      throw new StaitheError('at_limit', 'Rate exceeded');
    };

    const nothing = await read({ wait: 5 });
    scene.whenAsked = () => {};

    expect(nothing).toMatchObject({ items: [], complete: false });
    expect(texts(await read({ wait: 5, cursor: nothing.next_cursor }))).toEqual(['a']);
  });

  test('a page is there within 27 s, however long it has waited when the store stops answering', async () => {
    const { logs, scene, read, now } = desk(['api'], false, 4);
    logs.append('api', line(1, 'a'));
    const { next_cursor: cursor } = await read();
    scene.whenAsked = (time) => {
      if (time > AT + 18_000) throw new StaitheError('at_limit', 'Rate exceeded');
    };
    const began = now();

    const page = await read({ wait: 20, cursor });

    expect(page).toMatchObject({ items: [], complete: false });
    expect(now() - began).toBeGreaterThanOrEqual(20_000);
    expect(now() - began).toBeLessThanOrEqual(27_500);
  });

  test('a page, and the last lines, for which the store never answers are refused for the moment', async () => {
    const { logs, scene, read } = desk(['api'], true, 4);
    logs.append('api', line(1, 'a'));
    scene.whenAsked = () => {
      throw new StaitheError('at_limit', 'Rate exceeded');
    };

    expect(await refusal(read())).toBe('at_limit');
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
