/** Asks IAM with S3's action names and condition keys ("Actions, resources, and condition keys for Amazon S3"). */
import { AwsError, type ConditionValues } from '../service.ts';
import { s3Error } from './errors.ts';
import type { ObjectVersion } from './schema.ts';
import type { BucketRequest, S3State } from './state.ts';

/** @throws AccessDenied unless `action` is allowed on the key of the request (or `key`) */
export function authorizeObject(
  state: S3State,
  request: BucketRequest,
  action: string,
  options: { key?: string; values?: ConditionValues } = {},
): void {
  ask(state, request, action, `/${options.key ?? request.key}`, options.values);
}

/** @throws AccessDenied unless `action` is allowed on the bucket itself */
export function authorizeBucket(
  state: S3State,
  request: BucketRequest,
  action: string,
  values: ConditionValues = {},
): void {
  ask(state, request, action, '', values);
}

function ask(
  state: S3State,
  request: BucketRequest,
  action: string,
  path: string,
  values?: ConditionValues,
): void {
  const resource = `arn:${state.cloud.partition}:s3:::${request.target.name}${path}`;
  try {
    request.call.authorize(`s3:${action}`, resource, {
      values: { ...conditionValues(request), ...values },
      resourcePolicies: request.target.policies,
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    // S3 has its own name for what other services call AccessDeniedException.
    throw s3Error('AccessDenied', error.message || undefined);
  }
}

/** `x-amz-acl` and its like are condition keys under their own name; the gateway stands for S3's TLS endpoint. */
function conditionValues({ headers, query }: BucketRequest): ConditionValues {
  const values: ConditionValues = { 'aws:SecureTransport': true };
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-amz-') && !name.startsWith('x-amz-meta-')) values[`s3:${name}`] = value;
  }
  if (query.has('versionId')) values['s3:VersionId'] = query.get('versionId');
  if (headers['if-none-match'] !== undefined) values['s3:if-none-match'] = headers['if-none-match'];
  if (headers['if-match'] !== undefined) values['s3:if-match'] = headers['if-match'];
  return values;
}

export function existingTags(object: ObjectVersion): ConditionValues {
  return Object.fromEntries(
    Object.entries(object.tags).map(([key, value]) => [`s3:ExistingObjectTag/${key}`, value]),
  );
}

export function requestTags(tags: Record<string, string>): ConditionValues {
  const values: ConditionValues = { 's3:RequestObjectTagKeys': Object.keys(tags) };
  for (const [key, value] of Object.entries(tags)) values[`s3:RequestObjectTag/${key}`] = value;
  return values;
}

/** What a reader of a key that is not there may learn: NoSuchKey with ListBucket, nothing without. */
export function missingKey(state: S3State, request: BucketRequest, key = request.key): AwsError {
  try {
    authorizeBucket(state, request, 'ListBucket');
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  return s3Error('NoSuchKey', undefined, { Key: key });
}
