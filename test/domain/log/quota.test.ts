import { describe, expect, test } from 'vitest';
import { StaitheError } from '../../../lib/domain/error.ts';
import { refusal } from '../world.ts';
import { AT, desk, line, texts } from './desk.ts';

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
