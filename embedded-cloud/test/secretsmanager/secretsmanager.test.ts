import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  type ListSecretsCommandInput,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ACCOUNT, REGION } from '../../test-kit/small-cloud.ts';
import { type Secrets, startSecrets } from './secrets.ts';

let secrets: Secrets;
beforeEach(async () => {
  secrets = await startSecrets();
});
afterEach(() => secrets.cloud.stop());

const DAY = 24 * 60 * 60 * 1000;

const token = (seed: string) => seed.repeat(32);

test('a secret is found by its name, its ARN and its ARN without the random end', async () => {
  const { ARN = '' } = await secrets.create('team/key');

  expect(ARN).toMatch(
    new RegExp(`^arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:team/key-[A-Za-z0-9]{6}$`),
  );
  for (const id of ['team/key', ARN, ARN.slice(0, -7)]) expect(await secrets.value(id)).toBe('first');
});

test('a new value becomes current and the one before stays as the previous', async () => {
  await secrets.create('key');

  for (const SecretString of ['second', 'third'])
    await secrets.client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString }));

  expect([await secrets.value('key'), await secrets.value('key', 'AWSPREVIOUS')]).toEqual([
    'third',
    'second',
  ]);
  const { Versions } = await secrets.client.send(new ListSecretVersionIdsCommand({ SecretId: 'key' }));
  const all = await secrets.client.send(
    new ListSecretVersionIdsCommand({ SecretId: 'key', IncludeDeprecated: true }),
  );
  expect(Versions?.map(({ VersionStages }) => VersionStages)).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
  expect(all.Versions).toHaveLength(3);
});

test('a value waiting under a label of its own does not disturb the current one', async () => {
  await secrets.create('key');

  await secrets.client.send(
    new PutSecretValueCommand({ SecretId: 'key', SecretString: 'next', VersionStages: ['AWSPENDING'] }),
  );

  expect([await secrets.value('key'), await secrets.value('key', 'AWSPENDING')]).toEqual(['first', 'next']);
});

test('the same token repeats a call, and refuses another value', async () => {
  const put = (SecretString: string) =>
    secrets.client.send(
      new PutSecretValueCommand({ SecretId: 'key', SecretString, ClientRequestToken: token('a') }),
    );
  await secrets.create('key');

  const first = await put('second');
  const repeat = await put('second');
  const other = put('third');

  await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(repeat.VersionId).toBe(first.VersionId);
  expect(await secrets.value('key')).toBe('second');
});

test('a name is taken once, except for the repeat of the same creation', async () => {
  const same = { Name: 'key', SecretString: 'v', ClientRequestToken: token('b') };

  const first = await secrets.client.send(new CreateSecretCommand(same));
  const repeat = await secrets.client.send(new CreateSecretCommand(same));
  const other = secrets.create('key', 'other');

  await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(repeat.ARN).toBe(first.ARN);
});

test('bytes come back as they went in', async () => {
  const SecretBinary = Uint8Array.from([0, 255, 128, 10]);
  await secrets.client.send(new CreateSecretCommand({ Name: 'bytes', SecretBinary }));

  const read = await secrets.client.send(new GetSecretValueCommand({ SecretId: 'bytes' }));

  expect(read.SecretBinary).toEqual(SecretBinary);
  expect(read.SecretString).toBeUndefined();
});

test('a deleted secret can be restored within its window, and is gone after it', async () => {
  await secrets.create('key');
  await secrets.client.send(new DeleteSecretCommand({ SecretId: 'key', RecoveryWindowInDays: 7 }));

  const hidden = secrets.value('key');
  await expect(hidden).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await secrets.client.send(new RestoreSecretCommand({ SecretId: 'key' }));
  expect(await secrets.value('key')).toBe('first');
  await secrets.client.send(new DeleteSecretCommand({ SecretId: 'key', RecoveryWindowInDays: 7 }));
  secrets.cloud.advance(8 * DAY);

  await expect(secrets.value('key')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(secrets.create('key', 'anew')).resolves.toBeDefined();
});

test('a forced deletion frees the name at once', async () => {
  const first = await secrets.create('key');

  await secrets.client.send(new DeleteSecretCommand({ SecretId: 'key', ForceDeleteWithoutRecovery: true }));
  const second = await secrets.create('key', 'anew');

  expect(second.ARN).not.toBe(first.ARN);
  expect(await secrets.value('key')).toBe('anew');
});

test('lists are filtered by the beginning of names and by tags, page by page', async () => {
  for (const name of ['app/a', 'app/b', 'other']) await secrets.create(name);
  await secrets.client.send(
    new TagResourceCommand({ SecretId: 'app/b', Tags: [{ Key: 'team', Value: 'quay' }] }),
  );
  const names = async (input: ListSecretsCommandInput) => {
    const { SecretList, NextToken } = await secrets.client.send(new ListSecretsCommand(input));
    return { names: SecretList?.map(({ Name }) => Name), NextToken };
  };

  const byName = await names({ Filters: [{ Key: 'name', Values: ['app/'] }] });
  const byTag = await names({ Filters: [{ Key: 'tag-key', Values: ['team'] }] });
  const negated = await names({ Filters: [{ Key: 'name', Values: ['!app/'] }] });
  const page = await names({ MaxResults: 2 });
  const rest = await names({ MaxResults: 2, NextToken: page.NextToken ?? '' });

  expect([byName.names, byTag.names, negated.names]).toEqual([['app/a', 'app/b'], ['app/b'], ['other']]);
  expect([page.names, rest.names, rest.NextToken]).toEqual([['app/a', 'app/b'], ['other'], undefined]);
});

test('description and tags can be changed without touching the value', async () => {
  await secrets.create('key');

  await secrets.client.send(new UpdateSecretCommand({ SecretId: 'key', Description: 'signs webhooks' }));
  await secrets.client.send(
    new TagResourceCommand({
      SecretId: 'key',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    }),
  );
  await secrets.client.send(new UntagResourceCommand({ SecretId: 'key', TagKeys: ['a'] }));

  const described = await secrets.client.send(new DescribeSecretCommand({ SecretId: 'key' }));
  expect(described).toMatchObject({ Description: 'signs webhooks', Tags: [{ Key: 'b', Value: '2' }] });
  expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([['AWSCURRENT']]);
});

test('nothing on disk shows a value, and only the owner can read the key', async () => {
  await secrets.create('key', 'hunter2-in-plain-sight');

  const folder = join(secrets.cloud.folder, 'secretsmanager');

  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file)).includes('hunter2-in-plain-sight')).toBe(false);
  expect(statSync(join(folder, 'key')).mode & 0o777).toBe(0o600);
});
