import { beforeEach, describe, expect, test } from 'vitest';
import { read } from '../../../lib/domain/deployment/log.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { StaitheError } from '../../../lib/domain/error.ts';
import { logOf, sealed } from '../../../lib/domain/function-log/cursor.ts';
import { LambdaTarget } from '../../../lib/domain/target/lambda.ts';
import { runDeployment } from '../../workflows/deployment.ts';
import { readyToDeploy } from '../deploying.ts';
import { refusal } from '../world.ts';
import { Reader, texts } from './reader.ts';

let reader: Reader;
beforeEach(async () => {
  reader = await Reader.start();
});

describe('the log of a function', () => {
  test('has its lines with time and version, and those of the platform on request', async () => {
    reader.prints('START RequestId: 1 Version: 1');
    reader.prints('hello', reader.now(), '2');

    const shown = await reader.page();
    const all = await reader.page({ platform: true });

    expect(shown.items).toEqual([
      { timestamp: new Date(reader.now()).toISOString(), version: '2', message: 'hello' },
    ]);
    expect(texts(all)).toEqual(['START RequestId: 1 Version: 1', 'hello']);
  });

  test('is read page by page, each line once, also when many have one time', async () => {
    for (let index = 0; index < 25; index++) reader.prints(`line ${index}`);
    const seen: string[] = [];

    for (let cursor: string | undefined, left = 20; left > 0; left--) {
      const got = await reader.page({ limit: 2, cursor });
      seen.push(...texts(got));
      cursor = got.next_cursor;
    }

    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `line ${index}`));
  });

  test('of a flood is read to its end, within cursors that fit a request', async () => {
    for (let index = 0; index < 5000; index++)
      reader.prints(`line ${index}`, reader.now() + Math.floor(index / 3));
    const seen: string[] = [];
    let longest = 0;

    for (let cursor: string | undefined, left = 12; left > 0; left--) {
      const got = await reader.page({ limit: 700, cursor });
      seen.push(...texts(got));
      cursor = got.next_cursor;
      longest = Math.max(longest, cursor.length);
    }

    expect(seen.length).toBe(5000);
    expect(new Set(seen).size).toBe(5000);
    expect(longest).toBeLessThan(9216);
  });

  test('has what arrives late once, at the end', async () => {
    reader.place.ports.functionLogs.lateByMs = 10_000;
    const at = reader.now();
    reader.prints('second', at + 5000);
    const first = await reader.page();
    reader.prints('first', at + 1000);

    const second = await reader.page({ cursor: first.next_cursor });
    const third = await reader.page({ cursor: second.next_cursor });

    expect([texts(first), texts(second), texts(third)]).toEqual([['second'], ['first'], []]);
  });

  test('is waited for', async () => {
    const began = reader.now();
    const [waited] = await Promise.all([
      read(reader.place.ports, reader.environment, { limit: 5, wait: 20 }, async (milliseconds) => {
        reader.place.ports.clock.advance(milliseconds);
        if (reader.now() > began + 5000 && reader.now() < began + 6000) reader.prints('at last');
      }),
    ]);

    expect(texts(waited)[0]).toBe('at last');
    expect(reader.now()).toBeLessThan(began + 8000);
  });

  test('waits no longer than it is asked to, and no longer than a request may take', async () => {
    const began = reader.now();

    expect(texts(await reader.page({ wait: 20 }))).toEqual([]);

    expect(reader.now() - began).toBeGreaterThanOrEqual(20_000);
    expect(reader.now() - began).toBeLessThan(27_000);
  });

  test('begins an hour ago, or where it is asked to', async () => {
    reader.prints('old', reader.now() + 1);
    reader.place.ports.clock.advance(2 * 3_600_000);
    reader.prints('new');

    expect(texts(await reader.page())).toEqual(['new']);
    expect(texts(await reader.page({ since: '2026-11-21T00:00:00.000Z' }))).toEqual(['old', 'new']);
  });

  test('ends with as many lines as are asked for, however far back they are', async () => {
    for (let index = 0; index < 10; index++) {
      reader.prints(`line ${index}`);
      reader.prints('END RequestId: 1');
      reader.place.ports.clock.advance(5 * 60_000);
    }

    const tail = await reader.page({ tail: 5 });
    reader.prints('more');

    expect(texts(tail)).toEqual(['line 5', 'line 6', 'line 7', 'line 8', 'line 9']);
    expect(texts(await reader.page({ cursor: tail.next_cursor }))).toEqual(['more']);
  });

  test('has secret variables masked', async () => {
    await reader.put('hello', { API_KEY: 'abcdef123456', PUBLIC_KEY_ID: 'readable-id' });
    reader.prints('abcdef123456 readable-id\nAPI_KEY=abcdef123456');

    expect(texts(await reader.page())).toEqual(['*** readable-id\nAPI_KEY=***']);
  });

  test('has the secrets masked that deployments had, also those that were rolled back', async () => {
    const scene = await readyToDeploy();
    reader.place = scene.place;
    reader.place.ports.functionLogs.owners.set('hello', reader.place.project.id);
    const deployWith = async (token: string, status: number) => {
      await reader.put('hello', { API_TOKEN: token });
      reader.place.ports.probe.answer = { status };
      const { id } = await scene.deploy();
      await runDeployment(reader.place.ports, id);
      reader.place.ports.clock.advance(60_000);
    };
    await deployWith('first-5ecret', 200);
    await deployWith('failed-5ecret', 502);
    await deployWith('second-5ecret', 200);
    await reader.put('hello', { API_TOKEN: 'coming-5ecret' });
    reader.prints('first-5ecret failed-5ecret second-5ecret coming-5ecret plain');

    expect(texts(await reader.page())).toEqual(['*** *** *** *** plain']);
  });

  test('has the secrets masked of all deployments back to its oldest line', async () => {
    const scene = await readyToDeploy();
    reader.place = scene.place;
    reader.place.ports.functionLogs.owners.set('hello', reader.place.project.id);
    await reader.put('hello', { API_TOKEN: 'first-5ecret' });
    const { id } = await scene.deploy();
    await runDeployment(reader.place.ports, id);
    reader.prints('first-5ecret');
    for (let count = 1; count <= 30; count++) {
      reader.place.ports.clock.advance(1000);
      await reader.put('hello', { API_TOKEN: `later-5ecret-${count}` });
      await runDeployment(reader.place.ports, (await scene.deploy()).id);
    }

    expect(texts(await reader.page())).toEqual(['***']);
  });

  test('is not shown when the function is of another project, or of none', async () => {
    reader.prints('theirs');
    for (const owner of ['prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3', null]) {
      reader.place.ports.functionLogs.owners.set('hello', owner);
      expect(await refusal(reader.page())).toBe('log_unreadable');
    }
    reader.place.ports.functionLogs.owners.delete('hello');

    expect(texts(await reader.page())).toEqual([]);
  });

  test('begins when the function became the target of the environment', async () => {
    reader.prints('of whoever had it before');
    reader.place.ports.clock.advance(60_000);
    await reader.put('other');
    await reader.put('hello');
    reader.prints('ours');
    reader.place.ports.clock.advance(60_000);
    await reader.put('hello', { CHANGED: 'a variable' });

    expect(texts(await reader.page({ since: '2026-11-01T00:00:00.000Z' }))).toEqual(['ours']);
  });

  test('that the store has no time for is busy, and nothing new for a reader who waits', async () => {
    reader.place.ports.functionLogs.failure = new StaitheError('at_limit', 'Too often.');

    expect(await refusal(reader.page())).toBe('at_limit');
    expect(texts(await reader.page({ wait: 5 }))).toEqual([]);
  });

  test('takes no cursor of another log', async () => {
    const { next_cursor: cursor } = await reader.page();
    reader.environment = { ...reader.environment, name: 'production' };

    expect(await refusal(reader.page({ cursor }))).toBe('invalid_cursor');
  });

  test('takes no cursor from before the function came back to the environment', async () => {
    const early = await reader.page();
    const waiting = await sealed(reader.place.ports.table, logOf(reader.environment), {
      from: 0,
      seen: new Set(),
      token: '0',
    });
    await reader.put('other');
    reader.place.ports.clock.advance(60_000);
    reader.prints('of whoever had it in between');
    reader.place.ports.clock.advance(60_000);
    await reader.put('hello');

    for (const cursor of [early.next_cursor, waiting])
      expect(await refusal(reader.page({ cursor }))).toBe('invalid_cursor');
  });

  test('takes no cursor of an environment that had the same name', async () => {
    const early = await reader.page();
    await Environment.remove(reader.place.ports, reader.place.project, 'test');
    reader.place.ports.clock.advance(1);
    await reader.put('hello');

    expect(await refusal(reader.page({ cursor: early.next_cursor }))).toBe('invalid_cursor');
  });

  test('takes no cursor of another function', async () => {
    const { next_cursor: cursor } = await reader.page();
    reader.environment = {
      ...reader.environment,
      target: LambdaTarget.parse({ kind: 'lambda', function_name: 'other' }),
    };

    expect(await refusal(reader.page({ cursor }))).toBe('invalid_cursor');
  });

  test.each([{}, { token: '0' }])('has nothing of before, wherever a cursor stands (%o)', async (more) => {
    reader.prints('of whoever had it before', reader.now() - 60_000);
    reader.prints('ours');
    const cursor = await sealed(reader.place.ports.table, logOf(reader.environment), {
      from: 0,
      seen: new Set(),
      ...more,
    });

    expect(texts(await reader.page({ cursor }))).toEqual(['ours']);
  });
});
