/** Dead letters are looked at without being lost, and redriven without being lost either. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import * as DeadLetter from '../../lib/domain/dead-letter/index.ts';
import type { DeadLetterWithEvent } from '../../lib/domain/dead-letters.ts';
import { memoryPorts } from '../memory/index.ts';
import { deadLettersContract } from './ports/dead-letters.contract.ts';
import { ADMIN, refusal, STRANGER } from './world.ts';

let ports: ReturnType<typeof memoryPorts>;
beforeEach(() => {
  ports = memoryPorts();
});

const AT = '2025-11-21T09:30:00.000Z';
function put(event: unknown, more: Partial<DeadLetterWithEvent> = {}): string {
  const id = randomUUID();
  const reason = 'RetriesExhausted';
  ports.deadLetters.put({
    ...{ id, kind: 'failed', target: 'ObjectCreated', reason, failed_at: AT, expires_at: AT, event },
    ...more,
  });
  return id;
}
const MINUTES = 60_000;

describe('the queue in memory', () => {
  deadLettersContract(() => ({
    letters: ports.deadLetters,
    put: async (event) => void put(event),
    putUnknown: async () => void put('?', { kind: 'unknown', target: null }),
    sent: async () => ports.deadLetters.sent.map(({ event }) => event),
    pass: () => ports.clock.advance(MINUTES),
  }));
});

describe('a list', () => {
  test('has the oldest first, and leaves all of them in the queue for others at once', async () => {
    const late = put(1, { failed_at: '2025-11-22T09:30:00.000Z' });
    const early = put(2);

    const first = await DeadLetter.list(ports, ADMIN, 20);
    const again = await DeadLetter.list(ports, ADMIN, 20);

    expect(first).toMatchObject({ items: [{ id: early }, { id: late }], more: false });
    expect(again).toEqual(first);
  });

  test('says when there may be more than it has', async () => {
    for (let n = 0; n < 25; n++) put(n);

    const page = await DeadLetter.list(ports, ADMIN, 20);

    expect(page.items).toHaveLength(20);
    expect(page.more).toBe(true);
    expect((await DeadLetter.list(ports, ADMIN, 100)).items).toHaveLength(25);
  });
});

test('one is shown with its event, and one that is not there is not found', async () => {
  for (let n = 0; n < 30; n++) put(n);
  const id = put({ key: 'a' });

  expect(await DeadLetter.show(ports, ADMIN, id)).toMatchObject({ id, event: { key: 'a' } });
  expect(await refusal(DeadLetter.show(ports, ADMIN, randomUUID()))).toBe('not_found');
  expect((await DeadLetter.list(ports, ADMIN, 100)).items).toHaveLength(31);
});

describe('a redrive', () => {
  test('of one hands its event over, removes it, and leaves all others', async () => {
    const id = put({ n: 1 });
    const other = put({ n: 2 });

    await DeadLetter.redrive(ports, ADMIN, id);

    expect(ports.deadLetters.sent).toEqual([{ target: 'ObjectCreated', event: { n: 1 } }]);
    expect((await DeadLetter.list(ports, ADMIN, 20)).items).toMatchObject([{ id: other }]);
    expect(await refusal(DeadLetter.redrive(ports, ADMIN, id))).toBe('not_found');
  });

  test('that its target refuses keeps the letter', async () => {
    const id = put({ n: 1 });
    ports.deadLetters.refusing.add('ObjectCreated');

    expect(await refusal(DeadLetter.redrive(ports, ADMIN, id))).toBe('dead_letter_not_redrivable');

    expect((await DeadLetter.list(ports, ADMIN, 20)).items).toMatchObject([{ id }]);
    expect(ports.deadLetters.sent).toEqual([]);
  });

  test('of all hands over what it can, once each, and names what stays', async () => {
    for (let n = 0; n < 23; n++) put(n);
    const refused = put('no', { target: 'Gone' });
    ports.deadLetters.refusing.add('Gone');

    const answer = await DeadLetter.redriveAll(ports, ADMIN);

    expect(answer).toEqual({
      redriven: 23,
      refused: [{ id: refused, target: 'Gone', message: expect.stringContaining('Gone') }],
      before: expect.any(String),
      more: false,
    });
    expect(ports.deadLetters.sent.map(({ event }) => event).sort()).toEqual(
      Array.from({ length: 23 }, (_, n) => n).sort(),
    );
    expect(ports.deadLetters.ids()).toEqual([refused]);
  });

  test.each(['send', 'remove'] as const)('that dies at %s of any letter loses none of them', async (step) => {
    const events = Array.from({ length: 12 }, (_, n) => n);
    for (const n of events) put(n);
    let left = 5;
    const dying: typeof ports.deadLetters = {
      ...ports.deadLetters,
      release: () => Promise.reject(new Error('dead')),
      async [step](taken: Parameters<typeof ports.deadLetters.send>[0]) {
        if (left-- <= 0) throw new Error('dead');
        await ports.deadLetters[step](taken);
      },
    };
    await expect(DeadLetter.redriveAll({ ...ports, deadLetters: dying }, ADMIN)).rejects.toThrow('dead');

    ports.clock.advance(MINUTES);
    await DeadLetter.redriveAll(ports, ADMIN);

    expect(new Set(ports.deadLetters.sent.map(({ event }) => event))).toEqual(new Set(events));
    expect(ports.deadLetters.ids()).toEqual([]);
  });

  test.each(['send', 'remove'] as const)(
    'of all that is throttled at %s tells what it has done, and that there is more',
    async (step) => {
      for (let n = 0; n < 12; n++) put(n);
      let left = 5;
      const throttled: typeof ports.deadLetters = {
        ...ports.deadLetters,
        async [step](taken: Parameters<typeof ports.deadLetters.send>[0]) {
          if (left-- <= 0) throw new Error('Rate exceeded');
          await ports.deadLetters[step](taken);
        },
      };

      const answer = await DeadLetter.redriveAll({ ...ports, deadLetters: throttled }, ADMIN);

      expect(answer).toMatchObject({ redriven: 5, refused: [], more: true });
      expect(ports.deadLetters.ids()).toHaveLength(7);
      const none = DeadLetter.redriveAll({ ...ports, deadLetters: throttled }, ADMIN);
      await expect(none).rejects.toThrow('Rate exceeded');
      expect((await DeadLetter.redriveAll(ports, ADMIN)).redriven).toBe(7);
    },
  );

  test('of all goes by the time, however it is written', async () => {
    put(1, { failed_at: '2025-11-21T09:30:00Z' });
    const late = put(2, { failed_at: '2025-11-21T09:30:00.500Z' });

    const answer = await DeadLetter.redriveAll(ports, ADMIN, { before: '2025-11-21T09:30:00.200Z' });

    expect(answer.redriven).toBe(1);
    expect(ports.deadLetters.ids()).toEqual([late]);
  });

  test('of all leaves what fails again meanwhile to the next one', async () => {
    for (let n = 0; n < 3; n++) put(n);
    const failing: typeof ports.deadLetters = {
      ...ports.deadLetters,
      async send(taken) {
        ports.clock.advance(1_000);
        put(taken.letter.event, { failed_at: ports.clock.now().toISOString() });
      },
    };

    const { redriven, before } = await DeadLetter.redriveAll({ ...ports, deadLetters: failing }, ADMIN);
    const again = await DeadLetter.redriveAll({ ...ports, deadLetters: failing }, ADMIN, { before });

    expect([redriven, again.redriven]).toEqual([3, 0]);
    expect((await DeadLetter.list(ports, ADMIN, 20)).items).toHaveLength(3);
  });

  test('answers in time, and says that there is more', async () => {
    for (let n = 0; n < 30; n++) put(n);
    const slow: typeof ports.deadLetters = {
      ...ports.deadLetters,
      async take() {
        ports.clock.advance(15_000);
        return ports.deadLetters.take();
      },
    };

    const first = await DeadLetter.redriveAll({ ...ports, deadLetters: slow }, ADMIN);

    expect(first).toMatchObject({ redriven: 20, more: true });
    expect((await DeadLetter.redriveAll(ports, ADMIN)).redriven).toBe(10);
  });
});

test('a token of one project sees no letters, as they are of all', async () => {
  const id = put(1);

  expect(await refusal(DeadLetter.list(ports, STRANGER, 20))).toBe('role_too_low');
  expect(await refusal(DeadLetter.show(ports, STRANGER, id))).toBe('role_too_low');
  expect(await refusal(DeadLetter.redrive(ports, STRANGER, id))).toBe('role_too_low');
  expect(await refusal(DeadLetter.redriveAll(ports, STRANGER))).toBe('role_too_low');
});
