import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import type { EngineKind } from 'embedded-cloud/dynamodb';
import { type Engine, startEngine } from 'embedded-cloud/dynamodb';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lean } from '../../lib/aws/lean.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { ConditionFailed, type Table } from '../../lib/domain/ports/table.ts';
import { tableContract } from '../domain/ports/table.contract.ts';

const KINDS: readonly EngineKind[] = ['dynoxide', 'dynamodb-local'];

const local = ({ agent }: Engine): DynamoDBClient =>
  lean(
    new DynamoDBClient({
      endpoint: 'http://127.0.0.1',
      requestHandler: { httpAgent: agent },
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  );

/** As lib/infrastructure/storage.ts declares it. */
const TABLE = new CreateTableCommand({
  TableName: 'staithe',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  GlobalSecondaryIndexes: [
    {
      IndexName: 'gsi1',
      KeySchema: [
        { AttributeName: 'gsi1pk', KeyType: 'HASH' },
        { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'gsi2',
      KeySchema: [
        { AttributeName: 'gsi2pk', KeyType: 'HASH' },
        { AttributeName: 'gsi2sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
});

for (const kind of KINDS) {
  describe(`the table on ${kind}`, needs(kind), () => {
    let folder: string;
    let engine: Engine;
    let client: DynamoDBClient;
    let table: Table;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'staithe-table-'));
      engine = await startEngine({ kind, dataDir: folder });
      client = local(engine);
      await client.send(TABLE);
      table = dynamoTable('staithe', client);
    });
    afterAll(async () => {
      client.destroy();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    tableContract(() => table);
  });
}

describe('the table when DynamoDB is busy', () => {
  const key = (sk: string) => ({ pk: 'a', sk });
  const item = (sk: string) => ({ ...key(sk), entity: 'thing', revision: 1 });

  test('asks again for the keys that a batch left out', async () => {
    const client = new DynamoDBClient({ region: 'us-east-1' });
    const dynamo = mockClient(client);
    dynamo
      .on(BatchGetItemCommand)
      .resolvesOnce({
        Responses: { staithe: [marshall(item('1'))] },
        UnprocessedKeys: { staithe: { Keys: [marshall(key('2'))], ConsistentRead: true } },
      })
      .resolvesOnce({ Responses: { staithe: [marshall(item('2'))] }, UnprocessedKeys: {} });

    const found = await dynamoTable('staithe', client).getMany([key('1'), key('2')]);

    expect(found).toEqual([item('1'), item('2')]);
    expect(dynamo.commandCalls(BatchGetItemCommand)[1]?.args[0].input.RequestItems).toEqual({
      staithe: { Keys: [marshall(key('2'))], ConsistentRead: true },
    });
  });

  test.each(['ProvisionedThroughputExceededException', 'InternalServerError'])(
    'does not take %s for a failed condition',
    async (name) => {
      const client = new DynamoDBClient({ region: 'us-east-1' });
      mockClient(client)
        .on(PutItemCommand)
        .rejects(Object.assign(new Error(name), { name }));

      const write = dynamoTable('staithe', client).write({ put: item('1'), when: { absent: true } });

      await expect(write).rejects.toMatchObject({ name });
    },
  );

  const conflict = () =>
    new TransactionCanceledException({
      message: 'Transaction cancelled',
      $metadata: {},
      CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
    });
  const writes = [
    { put: item('1'), when: { absent: true } },
    { put: item('2'), when: { absent: true } },
  ] as const;

  test('a transaction that met another one is tried again', async () => {
    const client = new DynamoDBClient({ region: 'us-east-1' });
    const dynamo = mockClient(client);
    dynamo.on(TransactWriteItemsCommand).rejectsOnce(conflict()).rejectsOnce(conflict()).resolves({});

    await dynamoTable('staithe', client).transact(writes);

    expect(dynamo.commandCalls(TransactWriteItemsCommand)).toHaveLength(3);
  });

  test('a single write that met a transaction is tried again', async () => {
    const client = new DynamoDBClient({ region: 'us-east-1' });
    const dynamo = mockClient(client);
    const met = Object.assign(new Error('ongoing'), { name: 'TransactionConflictException' });
    dynamo.on(PutItemCommand).rejectsOnce(met).resolves({});

    await dynamoTable('staithe', client).write(writes[0]);

    expect(dynamo.commandCalls(PutItemCommand)).toHaveLength(2);
  });

  test('a transaction that meets others without end is given up, and is no failed condition', async () => {
    const client = new DynamoDBClient({ region: 'us-east-1' });
    mockClient(client).on(TransactWriteItemsCommand).rejects(conflict());

    const transaction = dynamoTable('staithe', client).transact(writes);

    await expect(transaction).rejects.not.toBeInstanceOf(ConditionFailed);
  });
});
