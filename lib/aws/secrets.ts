/** Secrets of the installation from Secrets Manager, read once for the life of the process. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Secrets } from '../domain/ports/index.ts';
import { setting } from './settings.ts';

/** Reads a secret at first use; a failed read is tried again at the next. */
export function secretReader(
  secretId: string,
  client: SecretsManagerClient = new SecretsManagerClient(),
): () => Promise<string> {
  let value: Promise<string> | undefined;
  const read = async (): Promise<string> => {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    if (text === undefined) throw new Error(`The secret ${secretId} has no text.`);
    return text;
  };
  return () => {
    value ??= read().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

export function managedSecrets(): Secrets {
  return { webhook: secretReader(setting('STAITHE_WEBHOOK_SECRET')) };
}
