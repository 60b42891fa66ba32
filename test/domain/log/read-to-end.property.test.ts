import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusal } from '../world.ts';
import { desk, line, texts } from './desk.ts';

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
