import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Place, Room, type Tenant } from '../../src/lambda/runtime/room.ts';

/** A function that wants places, or has one that is idle. */
class Tenancy implements Tenant {
  wanting = true;
  urgent = false;
  idleSince: number | undefined = undefined;
  readonly servesFirst: boolean;
  readonly places: Place[] = [];
  readonly #room: Room;

  constructor(room: Room, servesFirst = false) {
    this.servesFirst = servesFirst;
    this.#room = room;
    room.join(this);
  }

  /** Asks for a place; it may come later. */
  async ask(): Promise<void> {
    void this.#room.ask(this).then((place) => place && this.places.push(place));
    await Promise.resolve();
  }

  stopIdle(): void {
    this.idleSince = undefined;
    this.places.pop()?.release();
  }
}

/** Four places, of which a quarter is for functions that have none. */
async function full(shares: { first: number; ordinary: readonly number[] }) {
  const room = new Room(4);
  const first = new Tenancy(room, true);
  const others = shares.ordinary.map(() => new Tenancy(room));
  for (let n = 0; n < shares.first; n++) await first.ask();
  for (const [at, count] of shares.ordinary.entries())
    for (let n = 0; n < count; n++) await others[at]?.ask();
  first.wanting = false;
  const newcomer = new Tenancy(room);
  return { room, first, others, newcomer };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the last place of a function whose events go first', () => {
  test('is not owed to one that has none, while another has two', async () => {
    const { room, first, newcomer } = await full({ first: 1, ordinary: [2, 1] });
    await newcomer.ask();

    expect(room.owes(first, true)).toBe(false);
  });

  test('is owed to one that has none when nobody has two', async () => {
    const { room, first, newcomer } = await full({ first: 1, ordinary: [1, 1, 1] });
    await newcomer.ask();

    expect(room.owes(first, true)).toBe(true);
  });

  test('is not taken while it is idle by one that has some', async () => {
    const { first, others } = await full({ first: 1, ordinary: [1, 1] });
    first.idleSince = 1;
    await others[0]?.ask();

    expect([first.places.length, others[0]?.places.length]).toEqual([1, 1]);
  });

  test('is taken while it is idle by one that has none, when nobody has two', async () => {
    const { first, newcomer } = await full({ first: 1, ordinary: [1, 1, 1] });
    first.idleSince = 1;
    await newcomer.ask();

    expect([first.places.length, newcomer.places.length]).toEqual([0, 1]);
  });

  test('is taken while it is idle by one that has none and has waited for a while, as others are in long events', async () => {
    vi.useFakeTimers();
    const { first, newcomer } = await full({ first: 1, ordinary: [2, 1] });
    first.idleSince = Date.now();
    await newcomer.ask();
    await vi.advanceTimersByTimeAsync(1_000);
    const early = newcomer.places.length;

    await vi.advanceTimersByTimeAsync(1_000);

    expect([early, newcomer.places.length, first.places.length]).toEqual([0, 1, 0]);
  });
});
