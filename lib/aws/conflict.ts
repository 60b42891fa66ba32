/** Writes that met a transaction on the same item. DynamoDB refuses them, and the SDK does not try them again. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';

/** A transaction holds its items for some 10 ms; six tries, pauses up to 20, 40 … 320 ms at random, outlast a queue of them. */
const TRIES = 6;
const FIRST_PAUSE_MS = 20;

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
      const pause = Math.random() * FIRST_PAUSE_MS * 2 ** (attempt - 1);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
