import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CapacityUse } from '../../src/dynamodb/capacity.ts';
import { type DynamodbService, dynamodb } from '../../src/dynamodb/index.ts';
import type { EngineKind } from '../../src/dynamodb/programs.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';
import { needs } from '../../test-kit/tools.ts';

const KINDS: readonly EngineKind[] = ['dynoxide', 'dynamodb-local'];
const TABLE_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/things`;

const TABLE = {
  TableName: 'things',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: ['pk', 'sk', 'keeper'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-keeper',
      KeySchema: [{ AttributeName: 'keeper', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  SSESpecification: { SSEEnabled: true },
  Tags: [{ Key: 'team', Value: 'quay' }],
};

const key = (pk: string, sk = '1') => ({ pk: { S: pk }, sk: { S: sk } });

for (const kind of KINDS) {
  describe(`DynamoDB on ${kind}`, needs(kind), () => {
    let cloud: SmallCloud<DynamodbService>;
    let client: DynamoDBClient;

    beforeAll(async () => {
      cloud = await smallCloud((each) => dynamodb(each, { kind }));
      await cloud.provide('AWS::DynamoDB::Table', TABLE);
      client = new DynamoDBClient(cloud.operator);
    });
    afterAll(async () => {
      client.destroy();
      await cloud.stop();
    });

    const as = (name: string, ...statements: object[]) => new DynamoDBClient(cloud.role(name, statements));
    const allow = (
      Action: string | string[],
      Resource: string | string[] = TABLE_ARN,
      Condition?: object,
    ) => ({
      Effect: 'Allow',
      Action,
      Resource,
      ...(Condition ? { Condition } : {}),
    });
    const put = (item: Record<string, { S: string } | { N: string }>) =>
      client.send(new PutItemCommand({ TableName: 'things', Item: item }));

    test('a table has the ARNs of the account, its indexes and its stream included', async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: 'things' }));

      expect(Table?.TableArn).toBe(TABLE_ARN);
      expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexArn).toBe(`${TABLE_ARN}/index/by-keeper`);
      expect(Table?.LatestStreamArn).toMatch(new RegExp(`^${TABLE_ARN}/stream/`));
    });

    test('a table can be named by its ARN', async () => {
      await put({ ...key('by-arn'), text: { S: 'found' } });

      const { Item } = await client.send(new GetItemCommand({ TableName: TABLE_ARN, Key: key('by-arn') }));

      expect(Item?.text?.S).toBe('found');
    });

    test('a failed condition brings back the item that was there', async () => {
      await put({ ...key('taken'), text: { S: 'first' } });

      const second = client.send(
        new PutItemCommand({
          TableName: 'things',
          Item: { ...key('taken'), text: { S: 'second' } },
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );

      const error = await second.then(() => undefined).catch((each: unknown) => each);
      expect(error).toBeInstanceOf(ConditionalCheckFailedException);
      expect(error).toHaveProperty('Item.text.S', 'first');
    });

    test('a cancelled transaction tells the reason for each item and changes nothing', async () => {
      await put(key('there'));

      const error = await client
        .send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: 'things', Item: key('new') } },
              {
                ConditionCheck: {
                  TableName: 'things',
                  Key: key('there'),
                  ConditionExpression: 'attribute_not_exists(pk)',
                },
              },
            ],
          }),
        )
        .catch((each: unknown) => each);

      expect(error).toBeInstanceOf(TransactionCanceledException);
      expect(error).toHaveProperty('CancellationReasons.1.Code', 'ConditionalCheckFailed');
      const { Item } = await client.send(new GetItemCommand({ TableName: 'things', Key: key('new') }));
      expect(Item).toBeUndefined();
    });

    test('a role without the permission is refused by name, and nothing is written', async () => {
      const reader = as('reader', allow('dynamodb:GetItem'));

      const refused = reader.send(new PutItemCommand({ TableName: 'things', Item: key('refused') }));

      await expect(refused).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('dynamodb:PutItem'),
      });
      const { Item } = await reader.send(new GetItemCommand({ TableName: 'things', Key: key('refused') }));
      expect(Item).toBeUndefined();
    });

    test('a transaction needs the permission of each of its items', async () => {
      const writer = as('writer', allow(['dynamodb:PutItem', 'dynamodb:ConditionCheckItem']));
      const transact = (
        ...items: NonNullable<ConstructorParameters<typeof TransactWriteItemsCommand>[0]['TransactItems']>
      ) => writer.send(new TransactWriteItemsCommand({ TransactItems: items }));
      const Put = { TableName: 'things', Item: key('transacted') };

      await transact({ Put });
      const withDelete = transact({ Put }, { Delete: { TableName: 'things', Key: key('there') } });

      await expect(withDelete).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('dynamodb:DeleteItem'),
      });
    });

    test('a batch needs its own permission on each table', async () => {
      const writer = as('batch-writer', allow(['dynamodb:BatchWriteItem', 'dynamodb:GetItem']));

      await writer.send(
        new BatchWriteItemCommand({ RequestItems: { things: [{ PutRequest: { Item: key('batched') } }] } }),
      );
      const read = writer.send(
        new BatchGetItemCommand({ RequestItems: { things: { Keys: [key('batched')] } } }),
      );

      await expect(read).rejects.toMatchObject({ message: expect.stringContaining('dynamodb:BatchGetItem') });
    });

    test('a role bound to leading keys reaches only those, in batches and queries too', async () => {
      await put(key('tenant-a'));
      await put(key('tenant-b'));
      const tenant = as(
        'tenant',
        allow(
          ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:BatchGetItem', 'dynamodb:PartiQLSelect'],
          TABLE_ARN,
          {
            'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['tenant-a'] },
          },
        ),
      );
      const get = (pk: string) => tenant.send(new GetItemCommand({ TableName: 'things', Key: key(pk) }));
      const query = (pk: string) =>
        tenant.send(
          new QueryCommand({
            TableName: 'things',
            KeyConditionExpression: '#p = :p AND begins_with(sk, :s)',
            ExpressionAttributeNames: { '#p': 'pk' },
            ExpressionAttributeValues: { ':p': { S: pk }, ':s': { S: '1' } },
          }),
        );
      const batch = (...pks: string[]) =>
        tenant.send(
          new BatchGetItemCommand({ RequestItems: { things: { Keys: pks.map((pk) => key(pk)) } } }),
        );
      const denied = { name: 'AccessDeniedException' };

      expect((await get('tenant-a')).Item).toBeDefined();
      expect((await query('tenant-a')).Count).toBe(1);
      await expect(batch('tenant-a')).resolves.toBeDefined();
      await expect(get('tenant-b')).rejects.toMatchObject(denied);
      await expect(query('tenant-b')).rejects.toMatchObject(denied);
      await expect(batch('tenant-a', 'tenant-b')).rejects.toMatchObject(denied);
      await expect(
        tenant.send(
          new ExecuteStatementCommand({ Statement: `SELECT * FROM "things" WHERE pk = 'tenant-b'` }),
        ),
      ).rejects.toMatchObject(denied);
    });

    test('a role bound to attributes may not touch another one', async () => {
      await put({ ...key('profile'), status: { S: 'open' } });
      const clerk = as(
        'clerk',
        allow('dynamodb:UpdateItem', TABLE_ARN, {
          'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'status'] },
        }),
      );
      const update = (attribute: string) =>
        clerk.send(
          new UpdateItemCommand({
            TableName: 'things',
            Key: key('profile'),
            UpdateExpression: 'SET #a = :v',
            ExpressionAttributeNames: { '#a': attribute },
            ExpressionAttributeValues: { ':v': { S: 'done' } },
          }),
        );

      await expect(update('status')).resolves.toBeDefined();
      await expect(update('salary')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    });

    test('an index is a resource of its own', async () => {
      await put({ ...key('owned'), keeper: { S: 'ann' } });
      const query = new QueryCommand({
        TableName: 'things',
        IndexName: 'by-keeper',
        KeyConditionExpression: 'keeper = :o',
        ExpressionAttributeValues: { ':o': { S: 'ann' } },
      });

      const onTable = as('table-only', allow('dynamodb:Query')).send(query);
      const onIndex = as('index-too', allow('dynamodb:Query', `${TABLE_ARN}/index/*`)).send(query);

      await expect(onTable).rejects.toMatchObject({ name: 'AccessDeniedException' });
      expect((await onIndex).Items).toHaveLength(1);
    });

    test('each kind of PartiQL statement has a permission of its own', async () => {
      const reader = as('partiql', allow('dynamodb:PartiQLSelect'));
      await put({ ...key('sql'), text: { S: 'x' } });
      const run = (Statement: string) => reader.send(new ExecuteStatementCommand({ Statement }));

      const selected = await run(`SELECT * FROM "things" WHERE pk = 'sql'`);
      const updated = run(`UPDATE "things" SET text = 'y' WHERE pk = 'sql' AND sk = '1'`);

      expect(selected.Items).toHaveLength(1);
      await expect(updated).rejects.toMatchObject({
        message: expect.stringContaining('dynamodb:PartiQLUpdate'),
      });
    });

    test('consumed capacity is shown when asked for, and observers see that of every call', async () => {
      const uses: CapacityUse[] = [];
      const end = cloud.service.onCapacity((use) => uses.push(use));

      await put({ ...key('weighed'), keeper: { S: 'bob' }, text: { S: 'x'.repeat(2_500) } });
      const silent = await client.send(new GetItemCommand({ TableName: 'things', Key: key('weighed') }));
      const total = await client.send(
        new QueryCommand({
          TableName: 'things',
          IndexName: 'by-keeper',
          KeyConditionExpression: 'keeper = :o',
          ExpressionAttributeValues: { ':o': { S: 'bob' } },
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName: 'things', Item: key('light') } }],
        }),
      );
      end();

      expect(silent.ConsumedCapacity).toBeUndefined();
      expect(total.ConsumedCapacity).toMatchObject({ CapacityUnits: 0.5 });
      expect(total.ConsumedCapacity?.GlobalSecondaryIndexes).toBeUndefined();
      const principalArn = expect.stringContaining('operator');
      expect(uses).toEqual([
        { action: 'PutItem', table: 'things', readUnits: 0, writeUnits: 6, principalArn },
        { action: 'GetItem', table: 'things', readUnits: 0.5, writeUnits: 0, principalArn },
        { action: 'Query', table: 'things', index: 'by-keeper', readUnits: 0.5, writeUnits: 0, principalArn },
        { action: 'TransactWriteItems', table: 'things', readUnits: 0, writeUnits: 2, principalArn },
      ]);
    });

    test('listeners hear of each successful write and of no failed one', async () => {
      const written: string[] = [];
      const end = cloud.service.onWrite((tableArn) => written.push(tableArn));

      await put(key('heard'));
      await client
        .send(
          new PutItemCommand({
            TableName: 'things',
            Item: key('heard'),
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        )
        .catch(() => undefined);
      await client.send(new ScanCommand({ TableName: 'things' }));
      end();

      expect(written).toEqual([TABLE_ARN]);
    });

    test('recovery, time to live and tags are as the template says', async () => {
      const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName: 'things' }));
      const timeToLive = await client.send(new DescribeTimeToLiveCommand({ TableName: 'things' }));
      const tags = await client.send(new ListTagsOfResourceCommand({ ResourceArn: TABLE_ARN }));

      expect(backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({
        PointInTimeRecoveryStatus: 'ENABLED',
        RecoveryPeriodInDays: 35,
      });
      expect(timeToLive.TimeToLiveDescription).toEqual({
        TimeToLiveStatus: 'ENABLED',
        AttributeName: 'expires',
      });
      expect(tags.Tags).toEqual([{ Key: 'team', Value: 'quay' }]);
    });

    test('policies can go by the tags of a table', async () => {
      const tagged = (name: string, team: string) =>
        as(name, allow('dynamodb:GetItem', '*', { StringEquals: { 'aws:ResourceTag/team': team } })).send(
          new GetItemCommand({ TableName: 'things', Key: key('any') }),
        );

      await expect(tagged('quay', 'quay')).resolves.toBeDefined();
      await expect(tagged('dock', 'dock')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    });
  });
}
