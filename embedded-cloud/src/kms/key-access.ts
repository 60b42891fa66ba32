/** Which key a call means, and whether the caller may use it. */
import { AwsError, type Call, type Cloud, type ConditionValues } from '../service.ts';
import { NOBODY, speaksOf } from './key-policy.ts';
import type { Key, KeyStore } from './keys.ts';

export function keyArn(cloud: Cloud, id: string): string {
  return `arn:${cloud.partition}:kms:${cloud.region}:${cloud.accountId}:key/${id}`;
}

export interface KeyAccess {
  /** The key that a reference names, if the caller may do the action with it. */
  authorized(action: string, reference: string, call: Call, values?: ConditionValues): Key;
  /** The key itself, unless it is disabled or for another use. */
  usable(key: Key, usage: Key['usage'], action: string): Key;
}

export function keyAccess(cloud: Cloud, store: KeyStore): KeyAccess {
  const authorized = (action: string, reference: string, call: Call, values: ConditionValues = {}): Key => {
    const key = store.find(reference);
    const resource = key
      ? keyArn(cloud, key.id)
      : reference.startsWith('arn:')
        ? reference
        : keyArn(cloud, reference);
    const aliases = key ? store.aliases(key.id).map(({ name }) => name) : [];
    call.authorize(`kms:${action}`, resource, {
      values: {
        'kms:KeySpec': key?.spec,
        'kms:KeyUsage': key?.usage,
        'kms:ResourceAliases': aliases,
        'kms:RequestAlias': /alias\/.*$/.exec(reference)?.[0],
        ...values,
      },
      ...(key ? { resourcePolicies: policiesFor(key, call) } : {}),
    });
    if (key) return key;
    throw new AwsError('NotFoundException', `Key '${reference}' does not exist`);
  };
  const policiesFor = (key: Key, { principal }: Call): object[] => {
    const account = [`arn:${cloud.partition}:iam::${cloud.accountId}:root`, cloud.accountId];
    const told = principal.kind !== 'role' || speaksOf(key.policy, [...account, principal.arn]);
    return told ? [key.policy] : [key.policy, NOBODY];
  };
  const usable = (key: Key, usage: Key['usage'], action: string): Key => {
    if (!key.enabled) throw new AwsError('DisabledException', `${keyArn(cloud, key.id)} is disabled.`);
    if (key.usage === usage) return key;
    throw new AwsError(
      'InvalidKeyUsageException',
      `${keyArn(cloud, key.id)} key usage is ${key.usage} which is not valid for ${action}.`,
    );
  };
  return { authorized, usable };
}
