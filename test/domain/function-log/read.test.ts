import { beforeEach, describe, expect, test } from 'vitest';
import { type ReadOptions, read } from '../../../lib/domain/deployment/log.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import {
  type Environment as EnvironmentValue,
  PutEnvironment,
} from '../../../lib/domain/environment/schema.ts';
import { StaitheError } from '../../../lib/domain/error.ts';
import { logOf, sealed } from '../../../lib/domain/function-log/cursor.ts';
import { runDeployment } from '../../workflows/deployment.ts';
import { readyToDeploy } from '../deploying.ts';
import { refusal, type World, world } from '../world.ts';

let place: World;
let environment: EnvironmentValue;
const put = async (functionName = 'hello', variables: Record<string, string> = {}) => {
  const target = { kind: 'lambda', function_name: functionName };
  environment = await Environment.put(
    place.ports,
    place.project,
    'test',
    PutEnvironment.parse({ target, variables }),
  );
};
beforeEach(async () => {
  place = await world();
  await put();
  place.ports.functionLogs.owners.set('hello', place.project.id);
});

const now = () => place.ports.clock.now().getTime();
const prints = (message: string, at = now(), version = '1') =>
  place.ports.functionLogs.append('hello', { timestamp: at, message, version });
/** Waiting takes no time here but the clock's. */
const pause = async (milliseconds: number) => place.ports.clock.advance(milliseconds);
const page = (options: Partial<ReadOptions> = {}) =>
  read(place.ports, environment, { limit: 500, ...options }, pause);
const texts = ({ items }: Awaited<ReturnType<typeof page>>) => items.map(({ message }) => message);

describe('the log of a function', () => {
  test('has its lines with time and version, and those of the platform on request', async () => {
    prints('START RequestId: 1 Version: 1');
    prints('hello', now(), '2');

    const shown = await page();
    const all = await page({ platform: true });

    expect(shown.items).toEqual([
      { timestamp: new Date(now()).toISOString(), version: '2', message: 'hello' },
    ]);
    expect(texts(all)).toEqual(['START RequestId: 1 Version: 1', 'hello']);
  });

  test('is read page by page, each line once, also when many have one time', async () => {
    for (let index = 0; index < 25; index++) prints(`line ${index}`);
    const seen: string[] = [];

    for (let cursor: string | undefined, left = 20; left > 0; left--) {
      const got = await page({ limit: 2, cursor });
      seen.push(...texts(got));
      cursor = got.next_cursor;
    }

    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `line ${index}`));
  });

  test('of a flood is read to its end, within cursors that fit a request', async () => {
    for (let index = 0; index < 5000; index++) prints(`line ${index}`, now() + Math.floor(index / 3));
    const seen: string[] = [];
    let longest = 0;

    for (let cursor: string | undefined, left = 12; left > 0; left--) {
      const got = await page({ limit: 700, cursor });
      seen.push(...texts(got));
      cursor = got.next_cursor;
      longest = Math.max(longest, cursor.length);
    }

    expect(seen.length).toBe(5000);
    expect(new Set(seen).size).toBe(5000);
    expect(longest).toBeLessThan(9216);
  });

  test('has what arrives late once, at the end', async () => {
    place.ports.functionLogs.lateByMs = 10_000;
    const at = now();
    prints('second', at + 5000);
    const first = await page();
    prints('first', at + 1000);

    const second = await page({ cursor: first.next_cursor });
    const third = await page({ cursor: second.next_cursor });

    expect([texts(first), texts(second), texts(third)]).toEqual([['second'], ['first'], []]);
  });

  test('is waited for', async () => {
    const began = now();
    const [waited] = await Promise.all([
      read(place.ports, environment, { limit: 5, wait: 20 }, async (milliseconds) => {
        await pause(milliseconds);
        if (now() > began + 5000 && now() < began + 6000) prints('at last');
      }),
    ]);

    expect(texts(waited)[0]).toBe('at last');
    expect(now()).toBeLessThan(began + 8000);
  });

  test('waits no longer than it is asked to, and no longer than a request may take', async () => {
    const began = now();

    expect(texts(await page({ wait: 20 }))).toEqual([]);

    expect(now() - began).toBeGreaterThanOrEqual(20_000);
    expect(now() - began).toBeLessThan(27_000);
  });

  test('begins an hour ago, or where it is asked to', async () => {
    prints('old', now() + 1);
    place.ports.clock.advance(2 * 3_600_000);
    prints('new');

    expect(texts(await page())).toEqual(['new']);
    expect(texts(await page({ since: '2026-11-21T00:00:00.000Z' }))).toEqual(['old', 'new']);
  });

  test('ends with as many lines as are asked for, however far back they are', async () => {
    for (let index = 0; index < 10; index++) {
      prints(`line ${index}`);
      prints('END RequestId: 1');
      place.ports.clock.advance(5 * 60_000);
    }

    const tail = await page({ tail: 5 });
    prints('more');

    expect(texts(tail)).toEqual(['line 5', 'line 6', 'line 7', 'line 8', 'line 9']);
    expect(texts(await page({ cursor: tail.next_cursor }))).toEqual(['more']);
  });

  test('has secret variables masked', async () => {
    await put('hello', { API_KEY: 'abcdef123456', PUBLIC_KEY_ID: 'readable-id' });
    prints('abcdef123456 readable-id\nAPI_KEY=abcdef123456');

    expect(texts(await page())).toEqual(['*** readable-id\nAPI_KEY=***']);
  });

  test('has the secrets masked that deployments had, also those that were rolled back', async () => {
    const scene = await readyToDeploy();
    place = scene.place;
    place.ports.functionLogs.owners.set('hello', place.project.id);
    const deployWith = async (token: string, status: number) => {
      await put('hello', { API_TOKEN: token });
      place.ports.probe.answer = { status };
      const { id } = await scene.deploy();
      await runDeployment(place.ports, id);
      place.ports.clock.advance(60_000);
    };
    await deployWith('first-5ecret', 200);
    await deployWith('failed-5ecret', 502);
    await deployWith('second-5ecret', 200);
    await put('hello', { API_TOKEN: 'coming-5ecret' });
    prints('first-5ecret failed-5ecret second-5ecret coming-5ecret plain');

    expect(texts(await page())).toEqual(['*** *** *** *** plain']);
  });

  test('has the secrets masked of all deployments back to its oldest line', async () => {
    const scene = await readyToDeploy();
    place = scene.place;
    place.ports.functionLogs.owners.set('hello', place.project.id);
    await put('hello', { API_TOKEN: 'first-5ecret' });
    const { id } = await scene.deploy();
    await runDeployment(place.ports, id);
    prints('first-5ecret');
    for (let count = 1; count <= 30; count++) {
      place.ports.clock.advance(1000);
      await put('hello', { API_TOKEN: `later-5ecret-${count}` });
      await runDeployment(place.ports, (await scene.deploy()).id);
    }

    expect(texts(await page())).toEqual(['***']);
  });

  test('is not shown when the function is of another project, or of none', async () => {
    prints('theirs');
    for (const owner of ['prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3', null]) {
      place.ports.functionLogs.owners.set('hello', owner);
      expect(await refusal(page())).toBe('log_unreadable');
    }
    place.ports.functionLogs.owners.delete('hello');

    expect(texts(await page())).toEqual([]);
  });

  test('begins when the function became the target of the environment', async () => {
    prints('of whoever had it before');
    place.ports.clock.advance(60_000);
    await put('other');
    await put('hello');
    prints('ours');
    place.ports.clock.advance(60_000);
    await put('hello', { CHANGED: 'a variable' });

    expect(texts(await page({ since: '2026-11-01T00:00:00.000Z' }))).toEqual(['ours']);
  });

  test('that the store has no time for is busy, and nothing new for a reader who waits', async () => {
    place.ports.functionLogs.failure = new StaitheError('at_limit', 'Too often.');

    expect(await refusal(page())).toBe('at_limit');
    expect(texts(await page({ wait: 5 }))).toEqual([]);
  });

  test('takes no cursor of another log', async () => {
    const { next_cursor: cursor } = await page();
    environment = { ...environment, name: 'production' };

    expect(await refusal(page({ cursor }))).toBe('invalid_cursor');
  });

  test('takes no cursor from before the function came back to the environment', async () => {
    const early = await page();
    const waiting = await sealed(place.ports.table, logOf(environment), {
      from: 0,
      seen: new Set(),
      token: '0',
    });
    await put('other');
    place.ports.clock.advance(60_000);
    prints('of whoever had it in between');
    place.ports.clock.advance(60_000);
    await put('hello');

    for (const cursor of [early.next_cursor, waiting])
      expect(await refusal(page({ cursor }))).toBe('invalid_cursor');
  });

  test('takes no cursor of an environment that had the same name', async () => {
    const early = await page();
    await Environment.remove(place.ports, place.project, 'test');
    place.ports.clock.advance(1);
    await put('hello');

    expect(await refusal(page({ cursor: early.next_cursor }))).toBe('invalid_cursor');
  });

  test('takes no cursor of another function', async () => {
    const { next_cursor: cursor } = await page();
    environment = { ...environment, target: { ...environment.target, function_name: 'other' } };

    expect(await refusal(page({ cursor }))).toBe('invalid_cursor');
  });

  test.each([{}, { token: '0' }])('has nothing of before, wherever a cursor stands (%o)', async (more) => {
    prints('of whoever had it before', now() - 60_000);
    prints('ours');
    const cursor = await sealed(place.ports.table, logOf(environment), { from: 0, seen: new Set(), ...more });

    expect(texts(await page({ cursor }))).toEqual(['ours']);
  });

  describe('of a store that may be asked seldom', () => {
    const AT_LIMIT = new StaitheError('at_limit', 'Too often.');
    let askedAt: number[];
    let tokens: (string | undefined)[];
    /** What the store does when it is asked for the so-manieth time, counted from 1. */
    let answer: (index: number) => 'refused' | 'empty' | 'read';
    beforeEach(() => {
      askedAt = [];
      tokens = [];
      answer = () => 'read';
      const { functionLogs } = place.ports;
      const stored = functionLogs.read.bind(functionLogs);
      Object.assign(functionLogs, { readsPerSecond: 0.5 });
      functionLogs.read = async (name, { token, ...rest }) => {
        askedAt.push(now());
        tokens.push(token);
        const given = answer(askedAt.length);
        if (given === 'refused') throw AT_LIMIT;
        if (given === 'empty') return { events: [], token: `empty ${token ?? ''}` };
        return stored(name, { ...rest, token: token?.replace(/^(?:empty )+/, '') || undefined });
      };
    });
    const gaps = () => askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));

    test.each([{}, { tail: 5 }, { wait: 20 }])(
      'has a turn for each page of a search (%o)',
      async (options) => {
        prints('found');
        answer = (index) => (index < 10 ? 'empty' : 'read');

        expect(texts(await page(options))).toEqual(['found']);
        expect(Math.min(...gaps())).toBeGreaterThanOrEqual(400);
        expect(Math.min(...gaps().slice(4))).toBeGreaterThanOrEqual(2000);
      },
    );

    test('goes on where it was when a search is refused', async () => {
      prints('found');
      answer = (index) => (index < 4 ? 'empty' : index === 4 ? 'refused' : 'read');

      expect(texts(await page())).toEqual(['found']);
      expect(askedAt.length).toBe(5);
    });

    test('leaves a search that is refused for long to the next request, which goes on with it', async () => {
      prints('found');
      answer = (index) => (index < 4 ? 'empty' : 'refused');
      const began = now();

      const first = await page();
      const took = now() - began;
      answer = () => 'read';

      expect(first.items).toEqual([]);
      expect(took).toBeLessThanOrEqual(27_000);
      const asked = askedAt.length;
      expect(texts(await page({ cursor: first.next_cursor }))).toEqual(['found']);
      expect([askedAt.length - asked, tokens.at(-1)]).toEqual([1, 'empty empty empty ']);
    });

    test('keeps the last lines that it has found when the search for more is refused', async () => {
      prints('old');
      place.ports.clock.advance(10 * 60_000);
      prints('new');
      answer = (index) => (index === 1 ? 'read' : 'refused');

      expect(texts(await page({ tail: 5 }))).toEqual(['new']);
      answer = (index) => (index % 2 === 0 ? 'read' : 'refused');
      expect(texts(await page({ tail: 2 }))).toEqual(['old', 'new']);
    });

    test('is asked whose the function is once a request, and seldom until it is there', async () => {
      const { functionLogs } = place.ports;
      const { ownerOf } = functionLogs;
      let questions = 0;
      functionLogs.ownerOf = (name) => {
        questions += 1;
        return ownerOf(name);
      };

      await page({ wait: 20 });
      expect([questions, askedAt.length > 5]).toEqual([1, true]);

      questions = 0;
      functionLogs.owners.delete('hello');
      await page({ wait: 20 });
      expect(questions).toBeLessThanOrEqual(5);
    });
  });
});
