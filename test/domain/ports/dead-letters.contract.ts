/** What the domain relies on in the dead-letter queue. */
import { expect, test } from 'vitest';
import type { DeadLetters, TakenLetter } from '../../../lib/domain/ports/dead-letters.ts';

export interface DeadLettersUnderTest {
  readonly letters: DeadLetters;
  /** Puts a letter of an event for a target that takes everything. */
  put(event: unknown): Promise<void>;
  /** Puts a letter that nobody can send. */
  putUnknown(): Promise<void>;
  /** The events that the target has by now. */
  sent(): Promise<unknown[]>;
  /** Lets a minute pass. */
  pass(): void;
}

export function deadLettersContract(subject: () => DeadLettersUnderTest): void {
  const takeAll = async (): Promise<TakenLetter[]> => {
    const found: TakenLetter[] = [];
    for (;;) {
      const some = await subject().letters.take();
      if (some.length === 0) return found;
      found.push(...some);
    }
  };
  const empty = async () => {
    for (const letter of await takeAll()) await subject().letters.remove(letter);
  };

  test('a letter that is taken is nobody else’s until it is given back', async () => {
    await empty();
    await subject().put({ n: 1 });

    const taken = await takeAll();
    const meanwhile = await takeAll();
    await subject().letters.release(taken);
    const again = await takeAll();
    await subject().letters.release(again);

    expect(taken).toMatchObject([{ letter: { event: { n: 1 }, reason: expect.any(String) } }]);
    expect(meanwhile).toEqual([]);
    expect(again).toMatchObject([{ letter: taken[0]?.letter }]);
  });

  test('a letter that was neither given back nor removed comes again after a minute', async () => {
    await empty();
    await subject().put({ n: 2 });

    await takeAll();
    subject().pass();

    expect(await takeAll()).toMatchObject([{ letter: { event: { n: 2 } } }]);
    subject().pass();
  });

  test('its event reaches its target, and a letter that was removed never comes again', async () => {
    await empty();
    await subject().put({ n: 3 });
    const [taken] = await takeAll();
    if (taken === undefined) throw new Error('There is no letter.');

    await subject().letters.send(taken);
    await subject().letters.remove(taken);
    subject().pass();

    expect(await subject().sent()).toContainEqual({ n: 3 });
    expect(await takeAll()).toEqual([]);
  });

  test('one that does not say for whom it is cannot be sent, and stays', async () => {
    await empty();
    await subject().putUnknown();
    const [taken] = await takeAll();
    if (taken === undefined) throw new Error('There is no letter.');

    const refused = subject().letters.send(taken);

    await expect(refused).rejects.toMatchObject({ code: 'dead_letter_not_redrivable' });
    expect(taken.letter).toMatchObject({ target: null, kind: 'unknown' });
    await subject().letters.release([taken]);
    expect(await takeAll()).toHaveLength(1);
  });
}
