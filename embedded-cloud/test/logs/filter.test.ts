import { afterEach, describe, expect, it } from 'vitest';
import { parseFilterPattern } from '../../src/logs/filter-pattern.ts';
import { messages, open, setUp } from './group.ts';

afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

describe('FilterLogEvents', () => {
  it('merges streams by time, page by page, with unique ids', async () => {
    const { service, filter } = await setUp();
    const lines = (from: number) =>
      Array.from({ length: 5 }, (_, index) => ({
        timestamp: 1_000_000 + from + index * 2,
        message: String(from + index * 2),
      }));
    await Promise.all([service.append('g', 'odd', lines(1)), service.append('g', 'even', lines(2))]);

    const first = await filter({ limit: 7 });
    const second = await filter({ nextToken: first.nextToken });

    expect([...messages(first), ...messages(second)]).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
    ]);
    expect(second.nextToken).toBeUndefined();
    expect(new Set([...first.events, ...second.events].map((event) => event.eventId)).size).toBe(10);
    expect(messages(await filter({ logStreamNamePrefix: 'ev' }))).toEqual(['2', '4', '6', '8', '10']);
    expect(
      messages(await filter({ logStreamNames: ['odd'], startTime: 1_000_005, endTime: 1_000_007 })),
    ).toEqual(['5', '7']);
  });

  it.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR here', true],
    ['ERROR disk', 'an ERROR here', false],
    ['"full disk"', 'the full disk', true],
    ['?ERROR ?WARN', 'a WARN', true],
    ['ERROR -disk', 'ERROR: disk', false],
    ['{ $.level = "error" }', '{"level":"error"}', true],
    ['{ $.level = "err*" && $.ms > 10 }', '{"level":"error","ms":11}', true],
    ['{ $.level = "err*" && $.ms > 10 }', '{"level":"error","ms":10}', false],
    ['{ ($.a.b[0] = 1) || ($.c IS NULL) }', '{"c":null}', true],
    ['{ $.d NOT EXISTS }', '{"d":1}', false],
    ['{ $.on IS TRUE }', '{"on":true}', true],
    ['{ $.level != "info" }', 'no json', false],
  ])('with the pattern %s and the line %s: %s', (pattern, line, expected) => {
    expect(parseFilterPattern(pattern)(line)).toBe(expected);
  });

  it.each(['{ $.a = }', '{ $.a', '"open', 'a*b'])('refuses the pattern %s', (pattern) => {
    expect(() => parseFilterPattern(pattern)).toThrow(
      expect.objectContaining({ code: 'InvalidParameterException' }),
    );
  });
});
