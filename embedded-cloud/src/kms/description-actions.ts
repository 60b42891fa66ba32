/** What keys and aliases there are. */
import type { Action, Cloud } from '../service.ts';
import { keyAccess, keyArn } from './key-access.ts';
import type { Key, KeyStore } from './keys.ts';
import { parsed, requests } from './requests.ts';
import { algorithmsOf } from './signing.ts';

export function descriptionActions(cloud: Cloud, store: KeyStore): Record<string, Action> {
  const { authorized } = keyAccess(cloud, store);
  const described = (key: Key) => ({
    AWSAccountId: cloud.accountId,
    KeyId: key.id,
    Arn: keyArn(cloud, key.id),
    CreationDate: key.created / 1000,
    Enabled: key.enabled,
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.enabled ? 'Enabled' : 'Disabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    MultiRegion: false,
    ...(key.usage === 'ENCRYPT_DECRYPT' ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] } : {}),
    ...(key.usage === 'SIGN_VERIFY' ? { SigningAlgorithms: algorithmsOf(key.spec) } : {}),
    ...(key.usage === 'GENERATE_VERIFY_MAC' ? { MacAlgorithms: [`HMAC_SHA_${key.spec.slice(5)}`] } : {}),
  });

  return {
    DescribeKey(input, call) {
      const { KeyId } = parsed(requests.Key, input);
      return { KeyMetadata: described(authorized('DescribeKey', KeyId, call)) };
    },
    GetKeyPolicy(input, call) {
      const { KeyId } = parsed(requests.Key, input);
      const { policy } = authorized('GetKeyPolicy', KeyId, call);
      return { Policy: JSON.stringify(policy), PolicyName: 'default' };
    },
    ListKeys(_input, call) {
      call.authorize('kms:ListKeys', '*');
      return {
        Keys: store.all().map(({ id }) => ({ KeyId: id, KeyArn: keyArn(cloud, id) })),
        Truncated: false,
      };
    },
    ListAliases(input, call) {
      const { KeyId } = parsed(requests.ListAliases, input);
      call.authorize('kms:ListAliases', '*');
      const aliases = store
        .aliases(KeyId === undefined ? undefined : (store.find(KeyId)?.id ?? ''))
        .map((alias) => ({
          AliasName: alias.name,
          AliasArn: keyArn(cloud, '').replace(/key\/$/, alias.name),
          TargetKeyId: alias.keyId,
          CreationDate: alias.created / 1000,
        }));
      return { Aliases: aliases, Truncated: false };
    },
  };
}
