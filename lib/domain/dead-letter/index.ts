/**
 * Dead letters: look at them, redrive them. A letter is removed only after its target has its event again, so a redrive that
 * dies half-way loses nothing; it may hand an event over twice, which whatever listens to events can take.
 */
import type { Actor } from '../access/actor.ts';
import { assertRole } from '../access/authorize.ts';
import type { DeadLetter, DeadLetterWithEvent, RedriveAll, RedrivenAll } from '../dead-letters.ts';
import { notFound, StaitheError } from '../error.ts';
import type { TakenLetter } from '../ports/dead-letters.ts';
import type { Ports } from '../ports/index.ts';

type LetterPorts = Pick<Ports, 'deadLetters' | 'clock'>;
/** Letters that were taken, by id. Those that are still in it at the end are given back. */
type Letters = Map<string, TakenLetter>;

/** Whoever asks waits for 29 s (lib/infrastructure/api.ts), and the last look and the answer take some of them. */
const LOOK_MS = 20_000;
/** Of refusals, an answer names as many; a thousand that meet the same missing permission say no more than these. */
const NAMED = 100;

/** Up to `limit` letters, oldest first, without their events. All of them stay in the queue. */
export async function list(
  ports: LetterPorts,
  actor: Actor,
  limit: number,
): Promise<{ items: DeadLetter[]; more: boolean }> {
  const goOn = (letters: Letters) => letters.size < limit;
  return among(ports, actor, goOn, async (letters, more) => {
    const items = [...letters.values()]
      .map(({ letter }) => letter)
      .sort((a, b) => (a.failed_at < b.failed_at ? -1 : 1));
    return { items: items.slice(0, limit), more: more || items.length > limit };
  });
}

/** @throws StaitheError not_found */
export async function show(ports: LetterPorts, actor: Actor, id: string): Promise<DeadLetterWithEvent> {
  return withLetter(ports, actor, id, async ({ letter }) => letter);
}

/** @throws StaitheError not_found | dead_letter_not_redrivable */
export async function redrive(ports: LetterPorts, actor: Actor, id: string): Promise<DeadLetter> {
  return withLetter(ports, actor, id, async (taken, letters) => {
    await ports.deadLetters.send(taken);
    await ports.deadLetters.remove(taken);
    letters.delete(id);
    return taken.letter;
  });
}

/**
 * Redrives what is in the queue, as far as the time goes. What cannot be redriven stays, with the reason, and so does what
 * has failed since: whatever fails at once would be redriven without end. A service that answers no more, as when it is
 * asked too often, ends it: what was redriven by then is told, and that there is more.
 * @throws what a service answers, when nothing was redriven before
 */
export async function redriveAll(
  ports: LetterPorts,
  actor: Actor,
  { before = ports.clock.now().toISOString() }: RedriveAll = {},
): Promise<RedrivenAll> {
  const refused: RedrivenAll['refused'] = [];
  let redriven = 0;
  let isCutOff = false;
  const redriveOne = async (letters: Letters, taken: TakenLetter): Promise<void> => {
    const { id, target } = taken.letter;
    try {
      await ports.deadLetters.send(taken);
    } catch (error) {
      if (!(error instanceof StaitheError)) throw error;
      refused.push({ id, target, message: error.message });
      return;
    }
    await ports.deadLetters.remove(taken);
    letters.delete(id);
    redriven += 1;
  };
  const seen = new Set<string>();
  const redriveNew = async (letters: Letters): Promise<boolean> => {
    const fresh = [...letters.values()].filter(
      ({ letter }) => !seen.has(letter.id) && Date.parse(letter.failed_at) < Date.parse(before),
    );
    for (const { letter } of fresh) seen.add(letter.id);
    const results = await Promise.allSettled(fresh.map((taken) => redriveOne(letters, taken)));
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed?.status !== 'rejected') return true;
    if (redriven === 0) throw failed.reason;
    isCutOff = true;
    return false;
  };
  return among(ports, actor, redriveNew, async (_, more) => ({
    redriven,
    refused: refused.slice(0, NAMED),
    before,
    more: more || isCutOff,
  }));
}

/** @throws StaitheError not_found */
function withLetter<T>(
  ports: LetterPorts,
  actor: Actor,
  id: string,
  use: (taken: TakenLetter, letters: Letters) => Promise<T>,
): Promise<T> {
  const goOn = (letters: Letters) => !letters.has(id);
  return among(ports, actor, goOn, async (letters) => {
    const found = letters.get(id);
    if (found === undefined) throw notFound('dead letter', id);
    return use(found, letters);
  });
}

/**
 * Takes letters, ten at a time, for as long as `goOn` says so and there is time and something to take. Whatever happens
 * then, those that are left of them are given back.
 */
async function among<T>(
  ports: LetterPorts,
  actor: Actor,
  goOn: (letters: Letters) => boolean | Promise<boolean>,
  use: (letters: Letters, more: boolean) => Promise<T>,
): Promise<T> {
  // Letters hold events of all projects.
  assertRole(actor, 'admin');
  const until = ports.clock.now().getTime() + LOOK_MS;
  const letters: Letters = new Map();
  let more = true;
  try {
    while ((await goOn(letters)) && more && ports.clock.now().getTime() < until) {
      const found = await ports.deadLetters.take();
      for (const taken of found) letters.set(taken.letter.id, taken);
      more = found.length > 0;
    }
    return await use(letters, more);
  } finally {
    await ports.deadLetters.release([...letters.values()]);
  }
}
