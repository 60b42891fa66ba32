/** The embedded KMS: keys of the template with their key policies; material sealed on disk, never shown. */
import { z } from 'zod';
import { AwsError, type Cloud, type Materialized, type ResourceRequest, type Service } from '../service.ts';
import { keyActions } from './actions.ts';
import { keyArn } from './key-access.ts';
import { KeySpec, KeyStore, KeyUsage, usageOf } from './keys.ts';

const KeyProperties = z.object({
  KeySpec: KeySpec.default('SYMMETRIC_DEFAULT'),
  KeyUsage: KeyUsage.optional(),
  KeyPolicy: z.record(z.string(), z.unknown()).optional(),
  Description: z.string().default(''),
  Enabled: z.union([z.boolean(), z.stringbool()]).default(true),
});
const AliasProperties = z.object({
  AliasName: z.string().regex(/^alias\/(?!aws\/)[A-Za-z0-9/_-]+$/),
  TargetKeyId: z.string(),
});

export function kms(cloud: Cloud): Service {
  const store = new KeyStore(cloud.stateDir('kms'));

  /** Without a policy a key is open to the account's IAM policies, as on AWS. */
  const accountPolicy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:${cloud.partition}:iam::${cloud.accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  };

  const provideKey = ({ generatedName, properties }: ResourceRequest): Materialized => {
    const wanted = KeyProperties.parse(properties);
    const policy = wanted.KeyPolicy ?? accountPolicy;
    const usage = usageOf(wanted.KeySpec, wanted.KeyUsage);
    const existing = store.byResource(generatedName);
    if (existing && existing.spec !== wanted.KeySpec)
      throw new AwsError(
        'ValidationException',
        `The key ${generatedName} is a ${existing.spec} and cannot become a ${wanted.KeySpec}: what it has encrypted or signed would be lost. Give the resource another logical id.`,
      );
    const key = existing ?? store.create(wanted.KeySpec, usage, generatedName, policy, cloud.now());
    store.update(key.id, policy, wanted.Description, wanted.Enabled);
    return { ref: key.id, attributes: { Arn: keyArn(cloud, key.id), KeyId: key.id } };
  };

  const provideAlias = ({ properties }: ResourceRequest): Materialized => {
    const { AliasName, TargetKeyId } = AliasProperties.parse(properties);
    const key = store.find(TargetKeyId);
    if (!key) throw new AwsError('NotFoundException', `There is no key ${TargetKeyId} for ${AliasName}.`);
    store.setAlias(AliasName, key.id, cloud.now());
    return { ref: AliasName, attributes: {} };
  };

  return {
    name: 'kms',
    actions: keyActions(cloud, store),
    resources: { 'AWS::KMS::Key': provideKey, 'AWS::KMS::Alias': provideAlias },
    stop: () => store.database.close(),
  };
}
