import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { restarted, type Secrets, startSecrets } from './secrets.ts';

let secrets: Secrets;
beforeEach(async () => {
  secrets = await startSecrets();
});
afterEach(() => secrets.cloud.stop());

test('a generated value and the ARN of a template secret stay the same at every start', async () => {
  const properties = {
    GenerateSecretString: {
      SecretStringTemplate: '{"user":"admin"}',
      GenerateStringKey: 'password',
      PasswordLength: 40,
      ExcludePunctuation: true,
    },
  };
  const first = await secrets.cloud.provide('AWS::SecretsManager::Secret', properties);
  const generated = await secrets.value(first.ref);

  secrets = await restarted(secrets);
  const second = await secrets.cloud.provide('AWS::SecretsManager::Secret', properties);

  expect(second).toEqual(first);
  expect(await secrets.value(second.ref)).toBe(generated);
  expect(JSON.parse(String(generated))).toEqual({
    user: 'admin',
    password: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
  });
});

test('a value put by hand outlives restarts until the template itself changes', async () => {
  const provide = (SecretString: string) =>
    secrets.cloud.provide('AWS::SecretsManager::Secret', { Name: 'key', SecretString });
  await provide('from template');
  await secrets.client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString: 'by hand' }));

  await provide('from template');
  const kept = await secrets.value('key');
  await provide('changed template');

  expect([kept, await secrets.value('key')]).toEqual(['by hand', 'changed template']);
});
