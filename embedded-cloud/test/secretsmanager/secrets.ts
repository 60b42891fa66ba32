/** A small cloud with Secrets Manager alone. */
import {
  CreateSecretCommand,
  type CreateSecretCommandOutput,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { secretsmanager } from '../../src/secretsmanager/index.ts';
import type { Service } from '../../src/service.ts';
import { type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

export interface Secrets {
  readonly cloud: SmallCloud<Service>;
  readonly client: SecretsManagerClient;
  create(name: string, value?: string): Promise<CreateSecretCommandOutput>;
  value(id: string, stage?: string): Promise<string | undefined>;
}

export async function startSecrets(folder?: string): Promise<Secrets> {
  const cloud = await smallCloud(secretsmanager, folder);
  const client = new SecretsManagerClient(cloud.operator);
  return {
    cloud,
    client,
    create: (Name, SecretString = 'first') => client.send(new CreateSecretCommand({ Name, SecretString })),
    value: async (SecretId, VersionStage) =>
      (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString,
  };
}

export async function restarted({ cloud }: Secrets): Promise<Secrets> {
  await cloud.stop(false);
  return startSecrets(cloud.folder);
}
