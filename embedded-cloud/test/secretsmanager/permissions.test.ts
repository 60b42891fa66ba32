import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ACCOUNT, REGION } from '../../test-kit/small-cloud.ts';
import { type Secrets, startSecrets } from './secrets.ts';

let secrets: Secrets;
beforeEach(async () => {
  secrets = await startSecrets();
});
afterEach(() => secrets.cloud.stop());

test('roles reach the secrets of their pattern and tags, and learn of others nothing', async () => {
  await secrets.create('app/a');
  await secrets.client.send(
    new CreateSecretCommand({ Name: 'tagged', SecretString: 't', Tags: [{ Key: 'team', Value: 'quay' }] }),
  );
  const Action = 'secretsmanager:GetSecretValue';
  const role = new SecretsManagerClient(
    secrets.cloud.role('app', [
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
  await secrets.create('foreign');

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
    new SecretsManagerClient(secrets.cloud.role(name, [{ Effect: 'Allow', Action, Resource: '*' }]));
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
  const { ref } = await secrets.cloud.provide('AWS::SecretsManager::Secret', {
    Name: 'shared',
    SecretString: 's',
  });
  await secrets.cloud.provide('AWS::SecretsManager::ResourcePolicy', {
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
  const guest = new SecretsManagerClient(secrets.cloud.role('guest', []));

  const read = await guest.send(new GetSecretValueCommand({ SecretId: 'shared' }));

  expect(read.SecretString).toBe('s');
});
