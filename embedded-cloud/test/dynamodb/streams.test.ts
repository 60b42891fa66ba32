import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DynamodbService, dynamodb } from '../../src/dynamodb/index.ts';
import type { EngineKind } from '../../src/dynamodb/programs.ts';
import { type ClientSettings, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';
import { needs } from '../../test-kit/tools.ts';

const KINDS: readonly EngineKind[] = ['dynoxide', 'dynamodb-local'];

const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
const TABLE = {
  TableName: 'ledger',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [attribute('pk')],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
};

/** Every record of a stream from the beginning. */
async function readStream(settings: ClientSettings, StreamArn: string): Promise<_Record[]> {
  const streams = new DynamoDBStreamsClient(settings);
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const found: _Record[] = [];
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    let { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    while (ShardIterator) {
      const page: GetRecordsCommandOutput = await streams.send(
        new GetRecordsCommand({ ShardIterator, Limit: 2 }),
      );
      found.push(...(page.Records ?? []));
      ShardIterator = page.Records?.length ? page.NextShardIterator : undefined;
    }
  }
  streams.destroy();
  return found;
}

for (const kind of KINDS) {
  describe(`DynamoDB on ${kind}`, needs(kind), () => {
    let cloud: SmallCloud<DynamodbService>;
    let client: DynamoDBClient;
    let streamArn: string;

    const begin = async (folder?: string) => {
      cloud = await smallCloud((each) => dynamodb(each, { kind }), folder);
      client = new DynamoDBClient(cloud.operator);
    };
    const end = async (remove = true) => {
      client.destroy();
      await cloud.stop(remove);
    };
    beforeEach(async () => {
      await begin();
      streamArn = String((await cloud.provide('AWS::DynamoDB::Table', TABLE)).attributes.StreamArn);
    });
    afterEach(() => end());

    const put = (pk: string, more: Record<string, { S: string } | { N: string }> = {}) =>
      client.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: pk }, ...more } }));
    const get = async (pk: string) =>
      (await client.send(new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: pk } } }))).Item;

    test('the stream tells every change in order, in the shape that AWS documents', async () => {
      await put('a', { n: { N: '1' } });
      await put('a', { n: { N: '2' } });
      await client.send(new DeleteItemCommand({ TableName: 'ledger', Key: { pk: { S: 'a' } } }));

      const records = await readStream(cloud.operator, streamArn);

      expect(records.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
      expect(records[1]).toMatchObject({
        eventSource: 'aws:dynamodb',
        eventVersion: '1.1',
        awsRegion: REGION,
        dynamodb: {
          Keys: { pk: { S: 'a' } },
          OldImage: { pk: { S: 'a' }, n: { N: '1' } },
          NewImage: { pk: { S: 'a' }, n: { N: '2' } },
          // Names and values: 3 for the keys, 6 for each image.
          SizeBytes: 15,
          StreamViewType: 'NEW_AND_OLD_IMAGES',
          ApproximateCreationDateTime: expect.any(Date),
        },
      });
      const numbers = records.map(({ dynamodb: change }) => change?.SequenceNumber ?? '');
      expect(numbers).toEqual([...numbers].sort());
      for (const number of numbers) expect(number).toMatch(/^\d{21,40}$/);
    });

    test('overwriting an item with itself is no change', async () => {
      await put('same', { n: { N: '1' } });
      await put('same', { n: { N: '1' } });

      const records = await readStream(cloud.operator, streamArn);

      expect(records).toHaveLength(1);
    });

    test('an open shard has no end, and the description has the key schema', async () => {
      await put('a');

      const streams = new DynamoDBStreamsClient(cloud.operator);
      const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
      const { Streams } = await streams.send(new ListStreamsCommand({ TableName: 'ledger' }));

      expect(StreamDescription?.KeySchema).toEqual(TABLE.KeySchema);
      expect(StreamDescription?.Shards?.[0]?.SequenceNumberRange?.EndingSequenceNumber).toBeUndefined();
      expect(Streams?.map((stream) => stream.StreamArn)).toEqual([streamArn]);
    });

    test('reading a stream is authorised on the stream, each action for itself', async () => {
      const actions = ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords'];
      const statement = (Resource: string, Action = actions) => ({ Effect: 'Allow', Action, Resource });
      await put('a');

      const read = (name: string, allowed: object) =>
        readStream(cloud.role(name, [allowed]), streamArn).then(
          (records) => records.length,
          (error: Error) => `${error.name}: ${error.message}`,
        );

      const reader = await read('reader', statement(streamArn));
      const stranger = await read('stranger', statement(`${streamArn}x`));
      const starter = await read('starter', statement(streamArn, actions.slice(0, 2)));

      expect(reader).toBe(1);
      expect(stranger).toMatch(/^AccessDeniedException: .*dynamodb:DescribeStream/);
      expect(starter).toMatch(/^AccessDeniedException: .*dynamodb:GetRecords/);
    });

    test('expired items go, and the stream names DynamoDB as the one who deleted them', async () => {
      // Expired by the cloud's clock only: an engine that sweeps by itself, by the machine's, leaves them alone.
      const seconds = Math.floor(Date.now() / 1000);
      cloud.advance(300_000);
      await put('old', { expires: { N: String(seconds + 200) } });
      await put('young', { expires: { N: String(seconds + 1000) } });
      await put('ageless', { expires: { S: 'never' } });
      await put('mistaken', { expires: { N: '5' } });
      await put('by-hand', { expires: { N: String(seconds + 200) } });
      await client.send(new DeleteItemCommand({ TableName: 'ledger', Key: { pk: { S: 'by-hand' } } }));

      const first = await cloud.service.sweepExpired();
      const second = await cloud.service.sweepExpired();

      expect([first, second]).toEqual([1, 0]);
      expect(await get('old')).toBeUndefined();
      for (const kept of ['young', 'ageless', 'mistaken']) expect(await get(kept)).toBeDefined();
      const removed = (await readStream(cloud.operator, streamArn)).filter(
        ({ eventName }) => eventName === 'REMOVE',
      );
      expect(removed.map((each) => [each.dynamodb?.Keys?.pk?.S, each.userIdentity?.PrincipalId])).toEqual([
        ['by-hand', undefined],
        ['old', 'dynamodb.amazonaws.com'],
      ]);
      expect(removed[1]?.userIdentity?.Type).toBe('Service');
    });

    test('a second start keeps items, stream and its position, and adds an index that the template gained', async () => {
      await put('kept', { keeper: { S: 'ann' } });
      const folder = cloud.folder;
      await end(false);
      await begin(folder);

      const table = await cloud.provide('AWS::DynamoDB::Table', {
        ...TABLE,
        AttributeDefinitions: [attribute('pk'), attribute('keeper')],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-keeper',
            KeySchema: [{ AttributeName: 'keeper', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      });

      expect(table.attributes.StreamArn).toBe(streamArn);
      expect(await get('kept')).toBeDefined();
      expect(await readStream(cloud.operator, streamArn)).toHaveLength(1);
    });

    test('a changed key schema is refused in words, and the data stays', async () => {
      await put('kept');

      const changed = cloud.provide('AWS::DynamoDB::Table', {
        ...TABLE,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [attribute('id')],
      });

      await expect(changed).rejects.toThrow(/key schema of table ledger .*"pk HASH S".*"id HASH S"/);
      expect(await get('kept')).toBeDefined();
    });

    test('a global table (TableV2) of one region becomes a table', async () => {
      const { StreamSpecification, ...rest } = TABLE;

      const table = await cloud.provide('AWS::DynamoDB::GlobalTable', {
        ...rest,
        TableName: 'global',
        Replicas: [{ Region: REGION, DeletionProtectionEnabled: true, Tags: [{ Key: 'a', Value: 'b' }] }],
      });

      expect(table).toMatchObject({
        ref: 'global',
        attributes: { Arn: expect.stringMatching(/:table\/global$/), TableId: expect.any(String) },
      });
    });
  });
}
