/** What the front has to know of a table to authorise a call on it; read from the engine once and kept. */
import { type Json, record, records, text } from './shape.ts';

export interface TableFacts {
  readonly arn: string;
  /** Name of the partition key attribute. */
  readonly partitionKey: string;
  /** Partition key attribute of each global and local secondary index, by index name. */
  readonly indexPartitionKeys: ReadonlyMap<string, string>;
  readonly keySchema: readonly Json[];
  readonly streamEnabled: boolean;
  /** `aws:ResourceTag/<key>` condition values. */
  readonly tagValues: Readonly<Record<string, string>>;
}

/** Reads facts out of a `DescribeTable` answer's `Table` (with the account's ARNs). */
export function tableFacts(table: Json, tags: ReadonlyMap<string, string>): TableFacts {
  const indexes = [...records(table.GlobalSecondaryIndexes), ...records(table.LocalSecondaryIndexes)];
  return {
    arn: text(table.TableArn) ?? '',
    partitionKey: partitionKeyOf(table.KeySchema),
    indexPartitionKeys: new Map(
      indexes.map((index) => [text(index.IndexName) ?? '', partitionKeyOf(index.KeySchema)]),
    ),
    keySchema: records(table.KeySchema),
    streamEnabled: record(table.StreamSpecification)?.StreamEnabled === true,
    tagValues: Object.fromEntries([...tags].map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
  };
}

function partitionKeyOf(keySchema: unknown): string {
  return text(records(keySchema).find((key) => key.KeyType === 'HASH')?.AttributeName) ?? '';
}
