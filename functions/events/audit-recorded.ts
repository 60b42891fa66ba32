/** Entries of audit logs were written down, or something happened that is one: they are appended to their chains. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { dynamoTable } from '../../lib/aws/table.ts';
import { entryOfChange } from '../../lib/contract/events/audited.ts';
import { chainPending } from '../../lib/domain/audit/append.ts';
import { type AuditEntry, INSTALLATION, PENDING_ENTITY } from '../../lib/domain/audit/schema.ts';
import { Partitions } from '../../lib/domain/storage/keys.ts';

const ports = { table: dynamoTable() };
const INBOX = Partitions.pendingAudit('');

type Image = Record<string, AttributeValue> | undefined;

/** A log to chain, and an entry of it that is not in its inbox. */
function read({ dynamodb }: DynamoDBRecord): { log: string; entry?: AuditEntry } | undefined {
  const image = (image: Image) => image && unmarshall(image);
  const before = image(dynamodb?.OldImage as Image);
  const after = image(dynamodb?.NewImage as Image);
  // By its key: an entry that cannot be read fails where it waits, and no longer once it is taken away there.
  if (after?.entity === PENDING_ENTITY) return { log: String(after.pk).slice(INBOX.length) };
  const entry = entryOfChange({ before, after });
  return entry && { log: entry.project_id ?? INSTALLATION, entry };
}

/** A batch that fails is sent again whole: what is chained already stays as it is. */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const logs = Map.groupBy(
    event.Records.flatMap((record) => read(record) ?? []),
    ({ log }) => log,
  );
  for (const [log, found] of logs)
    await chainPending(
      ports,
      log,
      found.flatMap(({ entry }) => entry ?? []),
    );
  return { batchItemFailures: [] };
}
