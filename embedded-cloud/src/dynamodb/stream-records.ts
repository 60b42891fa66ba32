/** Brings the engines' stream records into the shape that DynamoDB Streams documents. */
import { isDeepStrictEqual } from 'node:util';
import { type Json, list, record, text } from './shape.ts';

/** Sequence numbers have 21 to 40 digits on AWS; padding keeps them in order when compared as text. */
export function sequenceNumber(engineNumber: unknown): string {
  return (text(engineNumber) ?? '').padStart(21, '0');
}

/** Bytes of an attribute value (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). */
function valueBytes(attributeValue: unknown): number {
  const [type, content] = Object.entries(record(attributeValue) ?? {})[0] ?? [];
  const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
  switch (type) {
    case 'S':
      return Buffer.byteLength(text(content) ?? '');
    case 'N':
      return Math.ceil((text(content) ?? '').replace(/^[-0.]+|[-.]|0+$/g, '').length / 2) + 1;
    case 'B':
      return Buffer.byteLength(text(content) ?? '', 'base64');
    case 'SS':
      return sum(list(content).map((S) => valueBytes({ S })));
    case 'NS':
      return sum(list(content).map((N) => valueBytes({ N })));
    case 'BS':
      return sum(list(content).map((B) => valueBytes({ B })));
    // Documents: 3 bytes of their own and 1 for each element.
    case 'L':
      return 3 + sum(list(content).map((value) => 1 + valueBytes(value)));
    case 'M':
      return 3 + Object.keys(record(content) ?? {}).length + itemBytes(content);
    default:
      return 1; // NULL and BOOL
  }
}

function itemBytes(item: unknown): number {
  return Object.entries(record(item) ?? {}).reduce(
    (total, [name, value]) => total + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

/** Whether a change record tells of no change: AWS writes none when an item is overwritten with itself. */
export function changesNothing(streamRecord: Json): boolean {
  const { OldImage, NewImage } = record(streamRecord.dynamodb) ?? {};
  return (
    streamRecord.eventName === 'MODIFY' && OldImage !== undefined && isDeepStrictEqual(OldImage, NewImage)
  );
}

/** In the words of the Streams API; a Lambda event spells the same `type` and `principalId`. */
const TTL_IDENTITY = { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' };

/** A record as Lambda and the Streams API deliver it. `byTimeToLive` marks a deletion by DynamoDB itself. */
export function streamRecord(engineRecord: Json, region: string, byTimeToLive: boolean): Json {
  const change = record(engineRecord.dynamodb) ?? {};
  return {
    ...engineRecord,
    awsRegion: region,
    dynamodb: {
      ...change,
      SequenceNumber: sequenceNumber(change.SequenceNumber),
      SizeBytes: itemBytes(change.Keys) + itemBytes(change.NewImage) + itemBytes(change.OldImage),
    },
    ...(byTimeToLive ? { userIdentity: TTL_IDENTITY } : {}),
  };
}

/** A stream's description: an open shard has no ending sequence number, and the key schema is told. */
export function streamDescription(description: Json, keySchema: readonly Json[]): Json {
  const shards = list(description.Shards).map((entry) => {
    const shard = record(entry) ?? {};
    const { StartingSequenceNumber, EndingSequenceNumber } = record(shard.SequenceNumberRange) ?? {};
    const closed = description.StreamStatus === 'DISABLED' && EndingSequenceNumber !== undefined;
    return {
      ...shard,
      SequenceNumberRange: {
        StartingSequenceNumber: sequenceNumber(StartingSequenceNumber),
        ...(closed ? { EndingSequenceNumber: sequenceNumber(EndingSequenceNumber) } : {}),
      },
    };
  });
  return { ...description, KeySchema: keySchema, Shards: shards };
}
