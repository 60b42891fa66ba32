/** What a table does with items, whichever engine keeps it. */
import {
  ConditionalCheckFailedException,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import type { CapacityUse } from '../../src/dynamodb/capacity.ts';
import { key, TABLE_ARN, type Table } from './things.ts';

export function itemsOf(table: Table): void {
  test('a table has the ARNs of the account, its indexes and its stream included', async () => {
    const { Table } = await table.client.send(new DescribeTableCommand({ TableName: 'things' }));

    expect(Table?.TableArn).toBe(TABLE_ARN);
    expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexArn).toBe(`${TABLE_ARN}/index/by-keeper`);
    expect(Table?.LatestStreamArn).toMatch(new RegExp(`^${TABLE_ARN}/stream/`));
  });

  test('a table can be named by its ARN', async () => {
    await table.put({ ...key('by-arn'), text: { S: 'found' } });

    const { Item } = await table.client.send(
      new GetItemCommand({ TableName: TABLE_ARN, Key: key('by-arn') }),
    );

    expect(Item?.text?.S).toBe('found');
  });

  test('a failed condition brings back the item that was there', async () => {
    await table.put({ ...key('taken'), text: { S: 'first' } });

    const second = table.client.send(
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
    await table.put(key('there'));

    const error = await table.client
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
    const { Item } = await table.client.send(new GetItemCommand({ TableName: 'things', Key: key('new') }));
    expect(Item).toBeUndefined();
  });

  test('consumed capacity is shown when asked for, and observers see that of every call', async () => {
    const uses: CapacityUse[] = [];
    const end = table.cloud.service.onCapacity((use) => uses.push(use));

    await table.put({ ...key('weighed'), keeper: { S: 'bob' }, text: { S: 'x'.repeat(2_500) } });
    const silent = await table.client.send(new GetItemCommand({ TableName: 'things', Key: key('weighed') }));
    const total = await table.client.send(
      new QueryCommand({
        TableName: 'things',
        IndexName: 'by-keeper',
        KeyConditionExpression: 'keeper = :o',
        ExpressionAttributeValues: { ':o': { S: 'bob' } },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    await table.client.send(
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
    const end = table.cloud.service.onWrite((tableArn) => written.push(tableArn));

    await table.put(key('heard'));
    await table.client
      .send(
        new PutItemCommand({
          TableName: 'things',
          Item: key('heard'),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      )
      .catch(() => undefined);
    await table.client.send(new ScanCommand({ TableName: 'things' }));
    end();

    expect(written).toEqual([TABLE_ARN]);
  });

  test('recovery, time to live and tags are as the template says', async () => {
    const backups = await table.client.send(new DescribeContinuousBackupsCommand({ TableName: 'things' }));
    const timeToLive = await table.client.send(new DescribeTimeToLiveCommand({ TableName: 'things' }));
    const tags = await table.client.send(new ListTagsOfResourceCommand({ ResourceArn: TABLE_ARN }));

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
}
