import { describe, expect, test } from 'vitest';
import { AT, desk, line, texts } from './desk.ts';

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
