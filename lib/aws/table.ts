/** The table port on DynamoDB. Reads are strongly consistent, but for the index, which cannot be. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { backoff, jittered } from '../contract/retry.ts';
import {
  type Check,
  type Condition,
  ConditionFailed,
  type Item,
  type Key,
  type Position,
  type Query,
  type Table,
  type Write,
} from '../domain/ports/table.ts';
import { retryOnConflict } from './conflict.ts';
import { lean } from './lean.ts';
import { setting } from './settings.ts';

/** 10, 20, 40 … 320 ms in the mean: a partition that is being split takes seconds. */
const pauseAfter = backoff(10, 320);

type Attributes = Record<string, AttributeValue>;

/** The clauses of conditional writes. `pk` exists on every item, so its absence is the item's. */
const ABSENT = { ConditionExpression: 'attribute_not_exists(pk)' } as const;
const PRESENT = { ConditionExpression: 'attribute_exists(pk)' } as const;
const UNCHANGED = (revision: number) => ({
  ConditionExpression: '#revision = :revision',
  ExpressionAttributeNames: { '#revision': 'revision' },
  ExpressionAttributeValues: { ':revision': { N: String(revision) } },
});

function clauseOf(condition: Condition) {
  if ('absent' in condition) return ABSENT;
  if ('present' in condition) return PRESENT;
  return 'revision' in condition ? UNCHANGED(condition.revision) : {};
}

const itemOf = (attributes: Attributes): Item => unmarshall(attributes) as Item;
const keyOf = (key: Key): Attributes => marshall({ pk: key.pk, sk: key.sk });
const attributesOf = (item: Item): Attributes => marshall(item, { removeUndefinedValues: true });

export function dynamoTable(
  tableName: string = setting('STAITHE_TABLE'),
  client: DynamoDBClient = lean(new DynamoDBClient()),
): Table {
  const base = { TableName: tableName };
  return {
    async get(key) {
      const { Item: found } = await client.send(
        new GetItemCommand({ ...base, Key: keyOf(key), ConsistentRead: true }),
      );
      return found && itemOf(found);
    },

    async getMany(keys) {
      const found: Item[] = [];
      let wanted: Attributes[] | undefined = keys.map(keyOf);
      // Keys that a throttled or 16 MB large answer left out are asked for again, after a pause (docs: BatchGetItem).
      for (let attempt = 0; wanted !== undefined && wanted.length > 0; attempt++) {
        if (attempt > 0) await delay(jittered(pauseAfter(attempt)));
        const answer: Awaited<ReturnType<typeof batchGet>> = await batchGet(wanted);
        found.push(...(answer.Responses?.[tableName] ?? []).map(itemOf));
        wanted = answer.UnprocessedKeys?.[tableName]?.Keys;
      }
      return found;
    },

    async write(write) {
      const clause = {
        ...base,
        ...clauseOf(write.when),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      } as const;
      const send = async (): Promise<unknown> =>
        'put' in write
          ? client.send(new PutItemCommand({ ...clause, Item: attributesOf(write.put) }))
          : client.send(new DeleteItemCommand({ ...clause, Key: keyOf(write.remove) }));
      await retryOnConflict(send).catch((error: unknown) => {
        if (error instanceof ConditionalCheckFailedException)
          throw new ConditionFailed(error.Item && itemOf(error.Item));
        throw error;
      });
    },

    async transact(writes) {
      const TransactItems = writes.map(transactItem);
      const send = () => client.send(new TransactWriteItemsCommand({ TransactItems }));
      await retryOnConflict(send).catch((error: unknown) => {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const index = (error.CancellationReasons ?? []).findIndex(
          (reason) => reason.Code === 'ConditionalCheckFailed',
        );
        if (index < 0) throw error; // throttled, or in conflict for too long: the caller may try again
        const old = error.CancellationReasons?.[index]?.Item;
        throw new ConditionFailed(old && itemOf(old), index);
      });
    },

    async query(query) {
      const answer = await client.send(new QueryCommand({ ...base, ...conditionsOf(query) }));
      const last = answer.LastEvaluatedKey && (unmarshall(answer.LastEvaluatedKey) as Position);
      return { items: (answer.Items ?? []).map(itemOf), ...(last && { last }) };
    },
  };

  function batchGet(keys: Attributes[]) {
    return client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } } }),
    );
  }

  function transactItem(write: Write | Check): TransactWriteItem {
    if ('check' in write) {
      const key = { ...base, Key: keyOf(write.check) };
      return 'present' in write.when
        ? { ConditionCheck: { ...key, ...PRESENT } }
        : { ConditionCheck: { ...key, ...UNCHANGED(write.when.revision) } };
    }
    const clause = {
      ...base,
      ...clauseOf(write.when),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    return 'put' in write
      ? { Put: { ...clause, Item: attributesOf(write.put) } }
      : { Delete: { ...clause, Key: keyOf(write.remove) } };
  }
}

function conditionsOf(query: Query) {
  const { index } = query;
  const [partition, sort] = index === undefined ? ['pk', 'sk'] : [`${index}pk`, `${index}sk`];
  const { range, prefix } = query;
  const isSorted = prefix !== undefined || range !== undefined;
  const sorted = range === undefined ? 'begins_with(#s, :s)' : '#s BETWEEN :from AND :to';
  return {
    ...(query.index !== undefined ? { IndexName: query.index } : { ConsistentRead: true }),
    KeyConditionExpression: isSorted ? `#p = :p AND ${sorted}` : '#p = :p',
    ExpressionAttributeNames: { '#p': partition, ...(isSorted && { '#s': sort }) },
    ExpressionAttributeValues: marshall({
      ':p': query.partition,
      ...(prefix !== undefined && { ':s': prefix }),
      ...(range !== undefined && { ':from': range.from, ':to': range.to }),
    }),
    ScanIndexForward: query.newestFirst !== true,
    Limit: query.limit,
    ...(query.after && { ExclusiveStartKey: marshall(query.after, { removeUndefinedValues: true }) }),
  };
}
