/** `AWS::SecretsManager::Secret` and `::ResourcePolicy`. A value is generated once and kept at every later start. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AwsError, type Cloud, type Materialized, type ResourceRequest } from '../service.ts';
import { PasswordOptions, randomPassword } from './password.ts';
import { parsed } from './requests.ts';
import { newSecret } from './secret-description.ts';
import type { SecretStore } from './store.ts';
import { addVersion } from './versions.ts';

const Properties = z.object({
  Name: z.string().optional(),
  Description: z.string().nullable().default(null),
  KmsKeyId: z.string().nullable().default(null),
  SecretString: z.string().optional(),
  GenerateSecretString: z
    .intersection(
      PasswordOptions,
      z.object({ SecretStringTemplate: z.string().optional(), GenerateStringKey: z.string().optional() }),
    )
    .optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});

/** The first value: as written, generated, or a JSON template with the generated one put in under its key. */
function firstValue(properties: z.infer<typeof Properties>): string | undefined {
  const { SecretString, GenerateSecretString: generate } = properties;
  if (!generate) return SecretString;
  const password = randomPassword(generate);
  const { SecretStringTemplate: template, GenerateStringKey: key } = generate;
  if (template === undefined || key === undefined) return password;
  const object = z.record(z.string(), z.unknown()).safeParse(JSON.parse(template));
  if (object.success) return JSON.stringify({ ...object.data, [key]: password });
  throw new AwsError('InvalidParameterException', 'SecretStringTemplate must be a JSON object.');
}

export function provideSecret(cloud: Cloud, store: SecretStore, request: ResourceRequest): Materialized {
  const properties = parsed(Properties, request.properties);
  const name = properties.Name ?? request.generatedName;
  const existing = store.find(name, cloud.now());
  const secret = existing ?? newSecret(cloud, name);
  // A value written in the template is put again only when the template changes; one put by hand since then stays.
  const written = properties.SecretString;
  const template_value = written === undefined ? null : createHash('sha256').update(written).digest('hex');
  store.put({
    ...secret,
    description: properties.Description,
    kms_key: properties.KmsKeyId,
    tags: Object.fromEntries(properties.Tags.map(({ Key, Value }) => [Key, Value])),
    deletion: null,
    template_value,
  });
  const changed = existing && template_value !== null && template_value !== existing.template_value;
  const value =
    store.versions(secret.arn).length === 0 ? firstValue(properties) : changed ? written : undefined;
  if (value !== undefined) addVersion(store, secret.arn, { SecretString: value }, cloud.now());
  return { ref: secret.arn, attributes: { Id: secret.arn } };
}

const PolicyProperties = z.object({
  SecretId: z.string(),
  ResourcePolicy: z.record(z.string(), z.unknown()),
});

export function provideResourcePolicy(
  cloud: Cloud,
  store: SecretStore,
  request: ResourceRequest,
): Materialized {
  const { SecretId, ResourcePolicy } = parsed(PolicyProperties, request.properties);
  const secret = store.find(SecretId, cloud.now());
  if (!secret)
    throw new AwsError('ResourceNotFoundException', `There is no secret ${SecretId} for the policy.`);
  store.put({ ...secret, policy: ResourcePolicy });
  return { ref: secret.arn, attributes: { Id: secret.arn } };
}
