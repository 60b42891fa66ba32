/** Which records a function says that it has not handled. */
import { z } from 'zod';
import type { StreamRecord } from './stream-reader.ts';

const failuresSchema = z.looseObject({
  batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string().nullish() })).nullish(),
});

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 * @returns the index of the first record that failed; undefined when none did
 */
export function firstFailure(payload: string, records: readonly StreamRecord[]): number | undefined {
  const parsed = failuresSchema.safeParse(JSON.parse(payload) ?? {});
  if (!parsed.success) return 0;
  const failures = parsed.data.batchItemFailures ?? [];
  if (failures.length === 0) return undefined;
  const indexes = failures.map(({ itemIdentifier }) =>
    records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === itemIdentifier),
  );
  // An identifier that is empty or of no record in the batch fails the whole batch.
  return indexes.some((index) => index < 0) ? 0 : Math.min(...indexes);
}
