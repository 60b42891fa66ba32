import {
  DeleteKeyCommand,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  PutKeyCommand,
  UpdateKeysCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyValueClient, type Site, startSite } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.running.close());

const etag = async () =>
  (await site.keyValues.send(new DescribeKeyValueStoreCommand({ KvsARN: site.storeArn }))).ETag;
const change = async (Puts: { Key: string; Value: string }[], Deletes: { Key: string }[] = []) =>
  site.keyValues.send(new UpdateKeysCommand({ KvsARN: site.storeArn, IfMatch: await etag(), Puts, Deletes }));
const read = (Key: string) =>
  site.keyValues.send(new GetKeyCommand({ KvsARN: site.storeArn, Key })).then(({ Value }) => Value);

describe('a key value store', () => {
  test('changes several keys at once, and lists them', async () => {
    const { ItemCount, TotalSizeInBytes } = await change([
      { Key: 'b/c', Value: '2' },
      { Key: 'a', Value: '1' },
    ]);
    const { Items, NextToken } = await site.keyValues.send(
      new ListKeysCommand({ KvsARN: site.storeArn, MaxResults: 1 }),
    );
    const rest = await site.keyValues.send(new ListKeysCommand({ KvsARN: site.storeArn, NextToken }));

    expect([ItemCount, TotalSizeInBytes, Items]).toEqual([2, 6, [{ Key: 'a', Value: '1' }]]);
    expect([rest.Items, rest.NextToken]).toEqual([[{ Key: 'b/c', Value: '2' }], undefined]);
    expect(await read('b/c')).toBe('2');
  });

  test('refuses a change of a state that is none any more, and then changes nothing', async () => {
    const seen = await etag();
    await change([{ Key: 'a', Value: '2' }]);
    const late = site.keyValues.send(
      new PutKeyCommand({ KvsARN: site.storeArn, Key: 'a', Value: '3', IfMatch: seen }),
    );

    await expect(late).rejects.toMatchObject({ name: 'ConflictException' });
    expect(await read('a')).toBe('2');
  });

  test('changes all keys of a request or none', async () => {
    await expect(change([{ Key: 'new', Value: '1' }], [{ Key: 'nothing' }])).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(change([{ Key: 'new', Value: 'x'.repeat(1025) }])).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(read('new')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('forgets a key that is deleted', async () => {
    await change([{ Key: 'old', Value: '1' }]);
    await site.keyValues.send(
      new DeleteKeyCommand({ KvsARN: site.storeArn, Key: 'old', IfMatch: (await etag()) ?? '' }),
    );

    await expect(read('old')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('asks IAM about each action', async () => {
    const { cloud, endpoint } = site.running.cloud;
    const reader = keyValueClient(
      endpoint,
      cloud.credentials(String(site.running.cloud.resource('Reader').attributes.Arn)),
    );
    await change([{ Key: 'a', Value: '1' }]);
    const found = await reader.send(new GetKeyCommand({ KvsARN: site.storeArn, Key: 'a' }));
    const write = reader.send(
      new PutKeyCommand({ KvsARN: site.storeArn, Key: 'a', Value: '2', IfMatch: (await etag()) ?? '' }),
    );

    expect(found.Value).toBe('1');
    await expect(write).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('takes no signature of another secret', async () => {
    const { accessKeyId } = site.running.cloud.operator;
    const forger = keyValueClient(site.running.cloud.endpoint, {
      accessKeyId,
      secretAccessKey: 'of somebody else',
    });

    await expect(forger.send(new GetKeyCommand({ KvsARN: site.storeArn, Key: 'a' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });
});
