import { afterEach, expect, test } from 'vitest';
import { Backend } from '../../src/dynamodb/backend.ts';
import type { Service } from '../../src/service.ts';
import { eventually } from '../../test-kit/patience.ts';
import { type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';
import { needs } from '../../test-kit/tools.ts';

let cloud: SmallCloud<Service>;
afterEach(() => cloud.stop());

const TABLE = {
  TableName: 'things',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

test(
  'an engine that is killed is started again by the next call, with its data, and never twice',
  needs('dynoxide'),
  async () => {
    cloud = await smallCloud(() => ({ name: 'none' }));
    const backend = new Backend(cloud.cloud, 'dynoxide');
    await backend.table('CreateTable', TABLE);
    await backend.item('PutItem', { TableName: 'things', Item: { pk: { S: 'kept' } } });
    const { engine, client } = await backend.connect();

    process.kill(engine.pid, 'SIGKILL');

    await engine.exited;
    await eventually(() => expect(client.post('DynamoDB_20120810.ListTables', '{}')).rejects.toThrow());
    const { Item } = await backend.item('GetItem', { TableName: 'things', Key: { pk: { S: 'kept' } } });
    expect(Item).toEqual({ pk: { S: 'kept' } });
    expect(cloud.logged).toContainEqual(expect.stringContaining('ended unexpectedly'));
    await backend.stop();
  },
);
