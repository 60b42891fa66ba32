/** Up to ten requests in one, each of which succeeds or fails by itself. */
import { AwsError } from '../service.ts';

const MOST = 10;

/** @throws AwsError for a batch that is none; what is wrong with one entry is in its result */
export function inBatch<Entry extends { Id: string }>(
  entries: readonly Entry[],
  one: (entry: Entry) => object,
) {
  if (entries.length === 0)
    throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > MOST)
    throw new AwsError('TooManyEntriesInBatchRequest', `Maximum number of entries per request are ${MOST}.`);
  const ids = entries.map(({ Id }) => Id);
  const wrong = ids.find((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id));
  if (wrong !== undefined)
    throw new AwsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  if (new Set(ids).size < ids.length)
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries)
    try {
      Successful.push({ Id: entry.Id, ...one(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code: Code, message: Message, status } = error;
      Failed.push({ Id: entry.Id, Code, Message, SenderFault: status < 500 });
    }
  return { Successful, Failed };
}
