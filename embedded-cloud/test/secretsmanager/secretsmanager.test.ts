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
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretsmanager } from '../../src/secretsmanager/index.ts';
import { PasswordOptions, randomPassword } from '../../src/secretsmanager/password.ts';
import type { Service } from '../../src/service.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

const DAY = 24 * 60 * 60 * 1000;
const token = (seed: string) => seed.repeat(32);
let cloud: SmallCloud<Service>;
let client: SecretsManagerClient;

async function begin(folder?: string) {
  cloud = await smallCloud(secretsmanager, folder);
  client = new SecretsManagerClient(cloud.operator);
}
async function restart() {
  await cloud.stop(false);
  await begin(cloud.folder);
}
beforeEach(() => begin());
afterEach(() => cloud.stop());

const create = (Name: string, SecretString = 'first') =>
  client.send(new CreateSecretCommand({ Name, SecretString }));
const value = async (SecretId: string, VersionStage?: string) =>
  (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;

test('a secret is found by its name, its ARN and its ARN without the random end', async () => {
  const { ARN = '' } = await create('team/key');

  expect(ARN).toMatch(
    new RegExp(`^arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:team/key-[A-Za-z0-9]{6}$`),
  );
  for (const id of ['team/key', ARN, ARN.slice(0, -7)]) expect(await value(id)).toBe('first');
});

test('a new value becomes current and the one before stays as the previous', async () => {
  await create('key');

  for (const SecretString of ['second', 'third'])
    await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString }));

  expect([await value('key'), await value('key', 'AWSPREVIOUS')]).toEqual(['third', 'second']);
  const { Versions } = await client.send(new ListSecretVersionIdsCommand({ SecretId: 'key' }));
  const all = await client.send(
    new ListSecretVersionIdsCommand({ SecretId: 'key', IncludeDeprecated: true }),
  );
  expect(Versions?.map(({ VersionStages }) => VersionStages)).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
  expect(all.Versions).toHaveLength(3);
});

test('a value waiting under a label of its own does not disturb the current one', async () => {
  await create('key');

  await client.send(
    new PutSecretValueCommand({ SecretId: 'key', SecretString: 'next', VersionStages: ['AWSPENDING'] }),
  );

  expect([await value('key'), await value('key', 'AWSPENDING')]).toEqual(['first', 'next']);
});

test('the same token repeats a call, and refuses another value', async () => {
  const put = (SecretString: string) =>
    client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString, ClientRequestToken: token('a') }));
  await create('key');

  const first = await put('second');
  const repeat = await put('second');
  const other = put('third');

  await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(repeat.VersionId).toBe(first.VersionId);
  expect(await value('key')).toBe('second');
});

test('a name is taken once, except for the repeat of the same creation', async () => {
  const same = { Name: 'key', SecretString: 'v', ClientRequestToken: token('b') };

  const first = await client.send(new CreateSecretCommand(same));
  const repeat = await client.send(new CreateSecretCommand(same));
  const other = create('key', 'other');

  await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(repeat.ARN).toBe(first.ARN);
});

test('bytes come back as they went in', async () => {
  const SecretBinary = Uint8Array.from([0, 255, 128, 10]);
  await client.send(new CreateSecretCommand({ Name: 'bytes', SecretBinary }));

  const read = await client.send(new GetSecretValueCommand({ SecretId: 'bytes' }));

  expect(read.SecretBinary).toEqual(SecretBinary);
  expect(read.SecretString).toBeUndefined();
});

test('a deleted secret can be restored within its window, and is gone after it', async () => {
  await create('key');
  await client.send(new DeleteSecretCommand({ SecretId: 'key', RecoveryWindowInDays: 7 }));

  const hidden = value('key');
  await expect(hidden).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await client.send(new RestoreSecretCommand({ SecretId: 'key' }));
  expect(await value('key')).toBe('first');
  await client.send(new DeleteSecretCommand({ SecretId: 'key', RecoveryWindowInDays: 7 }));
  cloud.advance(8 * DAY);

  await expect(value('key')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(create('key', 'anew')).resolves.toBeDefined();
});

test('a forced deletion frees the name at once', async () => {
  const first = await create('key');

  await client.send(new DeleteSecretCommand({ SecretId: 'key', ForceDeleteWithoutRecovery: true }));
  const second = await create('key', 'anew');

  expect(second.ARN).not.toBe(first.ARN);
  expect(await value('key')).toBe('anew');
});

test('lists are filtered by the beginning of names and by tags, page by page', async () => {
  for (const name of ['app/a', 'app/b', 'other']) await create(name);
  await client.send(new TagResourceCommand({ SecretId: 'app/b', Tags: [{ Key: 'team', Value: 'quay' }] }));
  const names = async (input: ListSecretsCommandInput) => {
    const { SecretList, NextToken } = await client.send(new ListSecretsCommand(input));
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
  await create('key');

  await client.send(new UpdateSecretCommand({ SecretId: 'key', Description: 'signs webhooks' }));
  await client.send(
    new TagResourceCommand({
      SecretId: 'key',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    }),
  );
  await client.send(new UntagResourceCommand({ SecretId: 'key', TagKeys: ['a'] }));

  const described = await client.send(new DescribeSecretCommand({ SecretId: 'key' }));
  expect(described).toMatchObject({ Description: 'signs webhooks', Tags: [{ Key: 'b', Value: '2' }] });
  expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([['AWSCURRENT']]);
});

test('roles reach the secrets of their pattern and tags, and learn of others nothing', async () => {
  await create('app/a');
  await client.send(
    new CreateSecretCommand({ Name: 'tagged', SecretString: 't', Tags: [{ Key: 'team', Value: 'quay' }] }),
  );
  const Action = 'secretsmanager:GetSecretValue';
  const role = new SecretsManagerClient(
    cloud.role('app', [
      { Effect: 'Allow', Action, Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:app/*` },
      {
        Effect: 'Allow',
        Action,
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/team': 'quay' } },
      },
    ]),
  );
  const read = (SecretId: string) =>
    role.send(new GetSecretValueCommand({ SecretId })).then(
      ({ SecretString }) => SecretString,
      (error: Error) => error.name,
    );
  await create('foreign');

  const outcomes = await Promise.all(['app/a', 'tagged', 'app/missing', 'foreign', 'missing'].map(read));

  expect(outcomes).toEqual([
    'first',
    't',
    'ResourceNotFoundException',
    'AccessDeniedException',
    'AccessDeniedException',
  ]);
});

test('a role that creates a secret with tags must be allowed to tag, too', async () => {
  const allowed = (name: string, ...Action: string[]) =>
    new SecretsManagerClient(cloud.role(name, [{ Effect: 'Allow', Action, Resource: '*' }]));
  const attempt = (role: SecretsManagerClient, Name: string, Tags?: { Key: string; Value: string }[]) =>
    role.send(new CreateSecretCommand({ Name, SecretString: 's', Tags })).then(
      () => 'created',
      (error: Error) => error.name,
    );
  const Tags = [{ Key: 'team', Value: 'quay' }];
  const creator = allowed('creator', 'secretsmanager:CreateSecret');
  const tagger = allowed('tagger', 'secretsmanager:CreateSecret', 'secretsmanager:TagResource');

  const outcomes = [
    await attempt(creator, 'plain'),
    await attempt(creator, 'marked', Tags),
    await attempt(tagger, 'marked', Tags),
  ];

  expect(outcomes).toEqual(['created', 'AccessDeniedException', 'created']);
});

test("a secret's own policy lets a role in", async () => {
  const { ref } = await cloud.provide('AWS::SecretsManager::Secret', { Name: 'shared', SecretString: 's' });
  await cloud.provide('AWS::SecretsManager::ResourcePolicy', {
    SecretId: ref,
    ResourcePolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/guest` },
          Action: 'secretsmanager:GetSecretValue',
          Resource: '*',
        },
      ],
    },
  });
  const guest = new SecretsManagerClient(cloud.role('guest', []));

  const read = await guest.send(new GetSecretValueCommand({ SecretId: 'shared' }));

  expect(read.SecretString).toBe('s');
});

test('a generated value and the ARN of a template secret stay the same at every start', async () => {
  const properties = {
    GenerateSecretString: {
      SecretStringTemplate: '{"user":"admin"}',
      GenerateStringKey: 'password',
      PasswordLength: 40,
      ExcludePunctuation: true,
    },
  };
  const first = await cloud.provide('AWS::SecretsManager::Secret', properties);
  const generated = await value(first.ref);

  await restart();
  const second = await cloud.provide('AWS::SecretsManager::Secret', properties);

  expect(second).toEqual(first);
  expect(await value(second.ref)).toBe(generated);
  expect(JSON.parse(String(generated))).toEqual({
    user: 'admin',
    password: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
  });
});

test('a value put by hand outlives restarts until the template itself changes', async () => {
  const provide = (SecretString: string) =>
    cloud.provide('AWS::SecretsManager::Secret', { Name: 'key', SecretString });
  await provide('from template');
  await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString: 'by hand' }));

  await provide('from template');
  const kept = await value('key');
  await provide('changed template');

  expect([kept, await value('key')]).toEqual(['by hand', 'changed template']);
});

test('nothing on disk shows a value, and only the owner can read the key', async () => {
  await create('key', 'hunter2-in-plain-sight');

  const folder = join(cloud.folder, 'secretsmanager');

  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file)).includes('hunter2-in-plain-sight')).toBe(false);
  expect(statSync(join(folder, 'key')).mode & 0o777).toBe(0o600);
});

test('generated passwords keep to every option', () => {
  fc.assert(
    fc.property(
      fc.record({
        PasswordLength: fc.integer({ min: 5, max: 60 }),
        ExcludeNumbers: fc.boolean(),
        ExcludePunctuation: fc.boolean(),
        ExcludeUppercase: fc.boolean(),
        IncludeSpace: fc.boolean(),
        ExcludeCharacters: fc.constantFrom('', '"@/\\', 'abc'),
      }),
      (options) => {
        const password = randomPassword(PasswordOptions.parse(options));

        expect(password).toHaveLength(options.PasswordLength);
        expect(/[a-z]/.test(password)).toBe(true);
        expect(/\d/.test(password)).toBe(!options.ExcludeNumbers);
        expect(/[A-Z]/.test(password)).toBe(!options.ExcludeUppercase);
        expect(/[^A-Za-z0-9 ]/.test(password)).toBe(!options.ExcludePunctuation);
        expect(password.includes(' ')).toBe(options.IncludeSpace);
        for (const character of options.ExcludeCharacters) expect(password).not.toContain(character);
      },
    ),
  );
});
