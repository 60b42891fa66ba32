/** The dead-letter queue in memory: what was sent is kept, and targets can be made to refuse. */
import type { DeadLetterWithEvent } from '../../lib/domain/dead-letters.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import type { DeadLetters } from '../../lib/domain/ports/dead-letters.ts';
import type { Clock } from '../../lib/domain/ports/index.ts';

export interface MemoryDeadLetters extends DeadLetters {
  /** Events that their targets have again, oldest first. */
  readonly sent: { readonly target: string | null; readonly event: unknown }[];
  /** Targets that take nothing. */
  readonly refusing: Set<string>;
  /** Ids of the letters that are in the queue, taken or not. */
  ids(): string[];
  put(letter: DeadLetterWithEvent): void;
}

const MINUTE_MS = 60_000;
const BATCH = 10;

export function memoryDeadLetters(clock: Clock): MemoryDeadLetters {
  const kept = new Map<string, { letter: DeadLetterWithEvent; visible: number; receipt: string }>();
  let receipts = 0;
  const now = () => clock.now().getTime();
  const self: MemoryDeadLetters = {
    sent: [],
    refusing: new Set(),
    ids: () => [...kept.keys()],
    put: (letter) => void kept.set(letter.id, { letter, visible: 0, receipt: '' }),
    async take() {
      const found = [...kept.values()].filter(({ visible }) => visible <= now()).slice(0, BATCH);
      return found.map((one) => {
        Object.assign(one, { visible: now() + MINUTE_MS, receipt: String(++receipts) });
        return { letter: structuredClone(one.letter), receipt: one.receipt };
      });
    },
    async release(letters) {
      for (const { letter, receipt } of letters) {
        const one = kept.get(letter.id);
        if (one?.receipt === receipt) one.visible = now();
      }
    },
    async send({ letter: { id, target, event } }) {
      if (target === null || self.refusing.has(target))
        throw new StaitheError(
          'dead_letter_not_redrivable',
          `${target} does not take the event of letter ${id}.`,
        );
      self.sent.push({ target, event });
    },
    async remove({ letter, receipt }) {
      if (kept.get(letter.id)?.receipt === receipt) kept.delete(letter.id);
    },
  };
  return self;
}
