/** The port of the dead-letter queue. */
import type { DeadLetterWithEvent } from '../dead-letters.ts';

/** A letter that was taken, and by what it is given back or removed. */
export interface TakenLetter {
  readonly letter: DeadLetterWithEvent;
  readonly receipt: string;
}

export interface DeadLetters {
  /**
   * Takes up to ten: nobody else gets them for a minute, and then again whoever asks. None when there is nothing to take
   * at the moment. A letter may come twice.
   */
  take(): Promise<TakenLetter[]>;
  /** Others may take them at once. One that is taken by somebody else by now is no error. */
  release(letters: readonly TakenLetter[]): Promise<void>;
  /**
   * Hands the event to its target again, which takes care of it from then on. A repeat may hand it over twice.
   * @throws StaitheError dead_letter_not_redrivable | at_limit
   */
  send(letter: TakenLetter): Promise<void>;
  remove(letter: TakenLetter): Promise<void>;
}
