/** What roles may do with a table, whichever engine keeps it. */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { allow, key, TABLE_ARN, type Table } from './things.ts';

export function permissionsOf(table: Table): void {
  test('a role without the permission is refused by name, and nothing is written', async () => {
    const reader = table.as('reader', allow('dynamodb:GetItem'));

    const refused = reader.send(new PutItemCommand({ TableName: 'things', Item: key('refused') }));

    await expect(refused).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('dynamodb:PutItem'),
    });
    const { Item } = await reader.send(new GetItemCommand({ TableName: 'things', Key: key('refused') }));
    expect(Item).toBeUndefined();
  });

  test('a transaction needs the permission of each of its items', async () => {
    const writer = table.as('writer', allow(['dynamodb:PutItem', 'dynamodb:ConditionCheckItem']));
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
    const writer = table.as('batch-writer', allow(['dynamodb:BatchWriteItem', 'dynamodb:GetItem']));

    await writer.send(
      new BatchWriteItemCommand({ RequestItems: { things: [{ PutRequest: { Item: key('batched') } }] } }),
    );
    const read = writer.send(
      new BatchGetItemCommand({ RequestItems: { things: { Keys: [key('batched')] } } }),
    );

    await expect(read).rejects.toMatchObject({ message: expect.stringContaining('dynamodb:BatchGetItem') });
  });

  test('a role bound to leading keys reaches only those, in batches and queries too', async () => {
    await table.put(key('tenant-a'));
    await table.put(key('tenant-b'));
    const tenant = table.as(
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
      tenant.send(new BatchGetItemCommand({ RequestItems: { things: { Keys: pks.map((pk) => key(pk)) } } }));
    const denied = { name: 'AccessDeniedException' };

    expect((await get('tenant-a')).Item).toBeDefined();
    expect((await query('tenant-a')).Count).toBe(1);
    await expect(batch('tenant-a')).resolves.toBeDefined();
    await expect(get('tenant-b')).rejects.toMatchObject(denied);
    await expect(query('tenant-b')).rejects.toMatchObject(denied);
    await expect(batch('tenant-a', 'tenant-b')).rejects.toMatchObject(denied);
    await expect(
      tenant.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM "things" WHERE pk = 'tenant-b'` })),
    ).rejects.toMatchObject(denied);
  });

  test('a role bound to attributes may not touch another one', async () => {
    await table.put({ ...key('profile'), status: { S: 'open' } });
    const clerk = table.as(
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
    await table.put({ ...key('owned'), keeper: { S: 'ann' } });
    const query = new QueryCommand({
      TableName: 'things',
      IndexName: 'by-keeper',
      KeyConditionExpression: 'keeper = :o',
      ExpressionAttributeValues: { ':o': { S: 'ann' } },
    });

    const onTable = table.as('table-only', allow('dynamodb:Query')).send(query);
    const onIndex = table.as('index-too', allow('dynamodb:Query', `${TABLE_ARN}/index/*`)).send(query);

    await expect(onTable).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect((await onIndex).Items).toHaveLength(1);
  });

  test('each kind of PartiQL statement has a permission of its own', async () => {
    const reader = table.as('partiql', allow('dynamodb:PartiQLSelect'));
    await table.put({ ...key('sql'), text: { S: 'x' } });
    const run = (Statement: string) => reader.send(new ExecuteStatementCommand({ Statement }));

    const selected = await run(`SELECT * FROM "things" WHERE pk = 'sql'`);
    const updated = run(`UPDATE "things" SET text = 'y' WHERE pk = 'sql' AND sk = '1'`);

    expect(selected.Items).toHaveLength(1);
    await expect(updated).rejects.toMatchObject({
      message: expect.stringContaining('dynamodb:PartiQLUpdate'),
    });
  });

  test('policies can go by the tags of a table', async () => {
    const tagged = (name: string, team: string) =>
      table
        .as(name, allow('dynamodb:GetItem', '*', { StringEquals: { 'aws:ResourceTag/team': team } }))
        .send(new GetItemCommand({ TableName: 'things', Key: key('any') }));

    await expect(tagged('quay', 'quay')).resolves.toBeDefined();
    await expect(tagged('dock', 'dock')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
}
