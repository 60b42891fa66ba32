/**
 * `{{resolve:ssm:…}}` and `{{resolve:secretsmanager:…}}`, replaced when a resource is made, as CloudFormation does
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html).
 */
import { z } from 'zod';
import { isObject, TemplateError } from './template.ts';

/** Calls an action of a service as the account's administrator. */
export type CallService = (
  service: string,
  action: string,
  input: Record<string, unknown>,
) => Promise<unknown>;

const REFERENCE = /\{\{resolve:([a-z-]+):([^}]*)\}\}/g;

/** @returns `value` with every reference replaced; the same object when it has none */
export async function resolveDynamicReferences(value: unknown, call: CallService): Promise<unknown> {
  if (typeof value === 'string') return value.includes('{{resolve:') ? resolveText(value, call) : value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveDynamicReferences(item, call)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveDynamicReferences(item, call)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveText(text: string, call: CallService): Promise<string> {
  const found = [...text.matchAll(REFERENCE)];
  const values = await Promise.all(found.map(([, service = '', rest = '']) => lookUp(service, rest, call)));
  return text.replace(REFERENCE, () => values.shift() ?? '');
}

async function lookUp(service: string, rest: string, call: CallService): Promise<string> {
  if (service === 'secretsmanager') return secret(rest, call);
  if (service === 'ssm' || service === 'ssm-secure') return parameter(rest, call);
  throw new TemplateError(`The embedded cloud does not implement {{resolve:${service}:…}}`);
}

/** The value of an SSM parameter; `name` may end with `:version`. */
export async function parameter(name: string, call: CallService): Promise<string> {
  const output = await call('ssm', 'GetParameter', { Name: name, WithDecryption: true });
  return z.object({ Parameter: z.object({ Value: z.string() }) }).parse(output).Parameter.Value;
}

/** `secret-id:SecretString:json-key:version-stage:version-id`, where the id may be an ARN with its own six colons. */
async function secret(rest: string, call: CallService): Promise<string> {
  const parts = rest.split(':');
  const id = parts.splice(0, rest.startsWith('arn:') ? 7 : 1).join(':');
  const [kind = 'SecretString', key = '', stage = '', version = ''] = parts;
  if (kind !== 'SecretString')
    throw new TemplateError(`A dynamic reference can read SecretString only, not ${kind}`);
  const output = await call('secretsmanager', 'GetSecretValue', {
    SecretId: id,
    ...(stage !== '' && { VersionStage: stage }),
    ...(version !== '' && { VersionId: version }),
  });
  const { SecretString } = z.object({ SecretString: z.string() }).parse(output);
  if (key === '') return SecretString;
  const members = z.record(z.string(), z.unknown()).parse(JSON.parse(SecretString));
  if (members[key] === undefined) throw new TemplateError(`The secret ${id} has no key ${key}`);
  return String(members[key]);
}
