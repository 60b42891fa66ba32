import { beforeEach, describe, expect, test } from 'vitest';
import { StaitheError } from '../../../lib/domain/error.ts';
import { Reader, texts } from './reader.ts';

let reader: Reader;
beforeEach(async () => {
  reader = await Reader.start();
});

describe('the log of a function', () => {
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
      const { functionLogs } = reader.place.ports;
      const stored = functionLogs.read.bind(functionLogs);
      Object.assign(functionLogs, { readsPerSecond: 0.5 });
      functionLogs.read = async (name, { token, ...rest }) => {
        askedAt.push(reader.now());
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
        reader.prints('found');
        answer = (index) => (index < 10 ? 'empty' : 'read');

        expect(texts(await reader.page(options))).toEqual(['found']);
        expect(Math.min(...gaps())).toBeGreaterThanOrEqual(400);
        expect(Math.min(...gaps().slice(4))).toBeGreaterThanOrEqual(2000);
      },
    );

    test('goes on where it was when a search is refused', async () => {
      reader.prints('found');
      answer = (index) => (index < 4 ? 'empty' : index === 4 ? 'refused' : 'read');

      expect(texts(await reader.page())).toEqual(['found']);
      expect(askedAt.length).toBe(5);
    });

    test('leaves a search that is refused for long to the next request, which goes on with it', async () => {
      reader.prints('found');
      answer = (index) => (index < 4 ? 'empty' : 'refused');
      const began = reader.now();

      const first = await reader.page();
      const took = reader.now() - began;
      answer = () => 'read';

      expect(first.items).toEqual([]);
      expect(took).toBeLessThanOrEqual(27_000);
      const asked = askedAt.length;
      expect(texts(await reader.page({ cursor: first.next_cursor }))).toEqual(['found']);
      expect([askedAt.length - asked, tokens.at(-1)]).toEqual([1, 'empty empty empty ']);
    });

    test('keeps the last lines that it has found when the search for more is refused', async () => {
      reader.prints('old');
      reader.place.ports.clock.advance(10 * 60_000);
      reader.prints('new');
      answer = (index) => (index === 1 ? 'read' : 'refused');

      expect(texts(await reader.page({ tail: 5 }))).toEqual(['new']);
      answer = (index) => (index % 2 === 0 ? 'read' : 'refused');
      expect(texts(await reader.page({ tail: 2 }))).toEqual(['old', 'new']);
    });

    test('is asked whose the function is once a request, and seldom until it is there', async () => {
      const { functionLogs } = reader.place.ports;
      const { ownerOf } = functionLogs;
      let questions = 0;
      functionLogs.ownerOf = (name) => {
        questions += 1;
        return ownerOf(name);
      };

      await reader.page({ wait: 20 });
      expect([questions, askedAt.length > 5]).toEqual([1, true]);

      questions = 0;
      functionLogs.owners.delete('hello');
      await reader.page({ wait: 20 });
      expect(questions).toBeLessThanOrEqual(5);
    });
  });
});
