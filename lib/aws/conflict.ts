/** Writes that met a transaction on the same item. DynamoDB refuses them, and the SDK does not try them again. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';

/**
 * A transaction holds its items for some 10 ms. All that is created in a project meets at one item that says that the
 * project is there, so a burst of a hundred creations is a queue of a second or two: ten tries, with pauses up to 20, 40 …
 * 640 and then 1,000 ms at random, which are 2 s in the mean, outlast it, and leave a request of 10 s its time.
 */
const TRIES = 10;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

function isConflict(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
    // A condition that does not hold is an answer, whatever else happened.
    return codes.includes('TransactionConflict') && !codes.includes('ConditionalCheckFailed');
  }
  return error instanceof Error && error.name === 'TransactionConflictException';
}

/** Sends it until no transaction is in its way. @throws what `send` throws, the conflict itself after the last try */
export async function pastConflicts<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!isConflict(error) || attempt === TRIES) throw error;
      const pause = Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
