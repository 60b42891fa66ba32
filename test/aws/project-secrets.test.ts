import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  InternalServiceError,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import type { Service } from 'embedded-cloud/services';
import { secretsmanager } from 'embedded-cloud/services';
import { type SmallCloud, smallCloud } from 'embedded-cloud/test-kit/small-cloud.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { managedProjectSecrets } from '../../lib/aws/project-secrets.ts';
import { projectSecretsContract } from '../domain/ports/project-secrets.contract.ts';

const PROJECT = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const CHANGE = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';

describe("projects' secrets on Secrets Manager", () => {
  let cloud: SmallCloud<Service>;
  let client: SecretsManagerClient;
  beforeAll(async () => {
    cloud = await smallCloud(secretsmanager);
    client = new SecretsManagerClient(cloud.operator);
  });
  afterAll(async () => {
    client.destroy();
    await cloud.stop();
  });
  const secrets = () => managedProjectSecrets('Staithe/projects', client);

  projectSecretsContract(secrets);

  test('a secret has its project in its name and in a tag', async () => {
    await secrets().put({ projectId: PROJECT, name: 'KEY', value: 'v', change: CHANGE });

    const secret = await client.send(
      new DescribeSecretCommand({ SecretId: `Staithe/projects/${PROJECT}/KEY` }),
    );

    expect(secret.Tags).toEqual([{ Key: 'staithe:project', Value: PROJECT }]);
  });

  test('a removed secret can be brought back for a week by the operator of the account', async () => {
    await secrets().put({ projectId: PROJECT, name: 'LOST', value: 'v', change: CHANGE });
    await secrets().remove(PROJECT, 'LOST');

    const secret = await client.send(
      new DescribeSecretCommand({ SecretId: `Staithe/projects/${PROJECT}/LOST` }),
    );

    const days = ((secret.DeletedDate?.getTime() ?? 0) - Date.now()) / (24 * 3600 * 1000);
    expect(Math.round(days)).toBe(7);
  });
});

describe('when Secrets Manager is away', () => {
  const silent = new SecretsManagerClient({ region: 'us-east-1' });
  const away = new InternalServiceError({ message: 'away', $metadata: {} });
  const answers = mockClient(silent);
  answers.on(PutSecretValueCommand).rejects(away).on(GetSecretValueCommand).rejects(away);
  const secrets = managedProjectSecrets('Staithe/projects', silent);

  test('to put or to read fails, and nothing is taken for absent', async () => {
    const put = secrets.put({ projectId: PROJECT, name: 'KEY', value: 'hunter2', change: CHANGE });

    await expect(put).rejects.toThrow('away');
    await expect(secrets.readMany(PROJECT, ['KEY'])).rejects.toThrow('away');
  });
});
