/** A secret as it is made, named and described. */
import type { Cloud, ConditionValues } from '../service.ts';
import { arnSuffix, type Secret, type Version } from './store.ts';

const DAY = 24 * 60 * 60 * 1000;

export function secretArn(cloud: Cloud, name: string): string {
  return `arn:${cloud.partition}:secretsmanager:${cloud.region}:${cloud.accountId}:secret:${name}`;
}

/** A secret without a value, under a new ARN. */
export function newSecret(cloud: Cloud, name: string): Secret {
  const now = cloud.now();
  return {
    arn: `${secretArn(cloud, name)}-${arnSuffix()}`,
    name,
    description: null,
    kms_key: null,
    tags: {},
    policy: null,
    created: now,
    changed: now,
    accessed: null,
    deletion: null,
    template_value: null,
  };
}

export function tagsOf(tags: readonly { Key: string; Value: string }[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

export function prefixed(prefix: string, tags: Readonly<Record<string, string>>): ConditionValues {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
}

export const seconds = (milliseconds: number) => milliseconds / 1000;

export function described(secret: Secret, versions: readonly Version[]) {
  const stages: [string, readonly string[]][] = versions
    .filter((version) => version.stages.length > 0)
    .map(({ id, stages: labels }) => [id, labels]);
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description === null ? {} : { Description: secret.description }),
    ...(secret.kms_key === null ? {} : { KmsKeyId: secret.kms_key }),
    CreatedDate: seconds(secret.created),
    LastChangedDate: seconds(secret.changed),
    // AWS tells the day of the last access, not the time.
    ...(secret.accessed === null
      ? {}
      : { LastAccessedDate: seconds(secret.accessed - (secret.accessed % DAY)) }),
    ...(secret.deletion === null ? {} : { DeletedDate: seconds(secret.deletion) }),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    stages: Object.fromEntries(stages),
  };
}
