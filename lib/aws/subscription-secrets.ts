/**
 * Secrets of subscriptions in Systems Manager's Parameter Store, as secure strings: encrypted by KMS with the account's own
 * key, and free of charge, where Secrets Manager takes $0.40 a month for each (docs: "AWS Systems Manager pricing").
 */
import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  ParameterVersionNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { SubscriptionSecrets } from '../domain/ports/subscription-secrets.ts';
import { lean } from './lean.ts';
import { setting } from './settings.ts';

const isMissing = (error: unknown): boolean =>
  error instanceof ParameterNotFound || error instanceof ParameterVersionNotFound;

/** @param prefix of the names of parameters, without a slash at its end */
export function parameterSecrets(
  prefix: string = setting('STAITHE_SUBSCRIPTION_SECRETS'),
  client: SSMClient = lean(new SSMClient()),
): SubscriptionSecrets {
  const nameOf = (subscriptionId: string): string => `${prefix}/${subscriptionId}`;
  return {
    async put(subscriptionId, value) {
      const { Version: version } = await client.send(
        new PutParameterCommand({
          Name: nameOf(subscriptionId),
          Type: 'SecureString',
          Value: value,
          Overwrite: true,
        }),
      );
      if (version === undefined) throw new Error(`Parameter Store gave no version of ${subscriptionId}.`);
      return version;
    },
    async read(subscriptionId, version) {
      try {
        const { Parameter: found } = await client.send(
          new GetParameterCommand({ Name: `${nameOf(subscriptionId)}:${version}`, WithDecryption: true }),
        );
        return found?.Value;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async remove(subscriptionId) {
      try {
        await client.send(new DeleteParameterCommand({ Name: nameOf(subscriptionId) }));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}
