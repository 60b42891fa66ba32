/** Writes that met a transaction on the same item. DynamoDB refuses them, and the SDK does not try them again. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { backoff, retry } from '../contract/retry.ts';

/**
 * A transaction holds its items for some 10 ms. All that is created in a project meets at one item that says that the
 * project is there, so a burst of a hundred creations is a queue of a second or two: ten tries, with pauses of 10, 20 … 320
 * and then 500 ms in the mean, which are 2 s together, outlast it, and leave a request of 10 s its time.
 */
const TRIES = 10;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;

function isConflict(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
    // A condition that does not hold is an answer, whatever else happened.
    return codes.includes('TransactionConflict') && !codes.includes('ConditionalCheckFailed');
  }
  return error instanceof Error && error.name === 'TransactionConflictException';
}

/** Sends it until no transaction is in its way. @throws what `send` throws, the conflict itself after the last try */
export function retryOnConflict<T>(send: () => Promise<T>): Promise<T> {
  return retry(send, {
    attempts: TRIES,
    pause: backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
    helps: isConflict,
  });
}
