/**
 * The policy document of a browser upload ("Creating a POST policy" and "Authenticating requests in browser-based
 * uploads using POST", S3 API Reference): signed by whoever may upload, it says which forms are good.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Cloud, Principal } from '../service.ts';
import { signingKey } from './chunk-signature.ts';
import { s3Error } from './errors.ts';

const condition = z.union([
  z.tuple([z.string(), z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]),
  z.record(z.string(), z.union([z.string(), z.number()])),
]);
const policySchema = z.object({ expiration: z.string(), conditions: z.array(condition) });

export interface PostPolicy {
  readonly minimum: number;
  readonly maximum: number;
}

/** Fields that need no condition. */
function exempt(name: string): boolean {
  return (
    ['x-amz-signature', 'policy', 'file', 'awsaccesskeyid'].includes(name) || name.startsWith('x-ignore-')
  );
}

/**
 * Whoever signed the form's policy.
 * @param fields the form's fields, names in lower case
 * @throws AccessDenied, InvalidArgument, SignatureDoesNotMatch
 */
export function policySigner(cloud: Cloud, fields: ReadonlyMap<string, string>): Principal {
  const policy = fields.get('policy') ?? '';
  const credential = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(
    fields.get('x-amz-credential') ?? '',
  );
  const [, keyId = '', date = '', region = ''] = credential ?? [];
  if (credential === null || fields.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') {
    throw s3Error('InvalidArgument', 'The form must be signed with AWS4-HMAC-SHA256.');
  }
  const accessKey = cloud.accessKey?.(keyId, fields.get('x-amz-security-token'));
  if (accessKey === undefined)
    throw s3Error('AccessDenied', 'Invalid according to Policy: the access key is not known.');
  const key = signingKey(accessKey.secretAccessKey, date, region, 's3');
  const expected = createHmac('sha256', key).update(policy).digest();
  const signature = Buffer.from(fields.get('x-amz-signature') ?? '', 'hex');
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw s3Error('SignatureDoesNotMatch');
  }
  return accessKey.principal;
}

/**
 * Checks the form against its policy.
 * @param fields with `bucket` added
 * @returns the bounds of the file's length
 * @throws AccessDenied
 */
export function checkPolicy(fields: ReadonlyMap<string, string>, now: number): PostPolicy {
  const policy = parsePolicy(fields.get('policy') ?? '');
  const expires = Date.parse(policy.expiration);
  if (Number.isNaN(expires) || expires <= now) throw denied('Policy expired.');
  const covered = new Set<string>();
  let bounds: PostPolicy = { minimum: 0, maximum: Number.POSITIVE_INFINITY };
  for (const each of policy.conditions) {
    const triples = Array.isArray(each)
      ? [each]
      : Object.entries(each).map(([name, value]) => ['eq', `$${name}`, value] as const);
    for (const [operator, name, value] of triples) {
      if (operator === 'content-length-range') {
        bounds = { minimum: Number(name), maximum: Number(value) };
        continue;
      }
      const field = String(name).replace(/^\$/, '').toLowerCase();
      covered.add(field);
      if (!holds(operator, fields.get(field) ?? '', String(value), field)) {
        throw denied(`Policy Condition failed: ${JSON.stringify([operator, `$${field}`, value])}`);
      }
    }
  }
  const extra = [...fields.keys()].filter((name) => name !== 'bucket' && !exempt(name) && !covered.has(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return bounds;
}

function parsePolicy(base64: string): z.infer<typeof policySchema> {
  try {
    return policySchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')));
  } catch {
    throw denied('Invalid JSON.');
  }
}

function holds(operator: string, actual: string, wanted: string, field: string): boolean {
  if (operator === 'eq') return actual === wanted;
  if (operator !== 'starts-with') return false;
  // A list of content types holds when each of them does.
  const values = field === 'content-type' ? actual.split(',') : [actual];
  return values.every((value) => value.startsWith(wanted));
}

function denied(why: string): Error {
  return s3Error('AccessDenied', `Invalid according to Policy: ${why}`);
}
