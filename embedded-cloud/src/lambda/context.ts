/** What the operations of the Lambda service share. */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { AwsError, type Call, type Cloud, type ConditionValues } from '../service.ts';
import type { Concurrency } from './concurrency.ts';
import type { FunctionName } from './function-name.ts';
import type { Images } from './image/images.ts';
import type { LogShipper } from './logs.ts';
import type { LambdaMetrics } from './metrics.ts';
import type { FunctionRecord } from './records.ts';
import type { Fleet } from './runtime/fleet.ts';
import type { FunctionStore } from './store.ts';

export interface Lambda {
  readonly cloud: Cloud;
  readonly database: DatabaseSync;
  readonly store: FunctionStore;
  readonly fleet: Fleet;
  readonly concurrency: Concurrency;
  readonly logs: LogShipper;
  readonly metrics: LambdaMetrics;
  readonly images: Images;
}

export function functionArn({ cloud }: Lambda, { name, qualifier }: FunctionName): string {
  const arn = `arn:${cloud.partition}:lambda:${cloud.region}:${cloud.accountId}:function:${name}`;
  return qualifier ? `${arn}:${qualifier}` : arn;
}

/** `aws:ResourceTag/<key>` for each tag, as policies ask for them. */
function tagValues(prefix: string, tags: Readonly<Record<string, string>>): ConditionValues {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
}

/** `aws:RequestTag/<key>` and `aws:TagKeys` for the tags that a request carries. */
export function requestTagValues(tags: Readonly<Record<string, string>>): ConditionValues {
  const keys = Object.keys(tags);
  return keys.length === 0 ? {} : { ...tagValues('aws:RequestTag', tags), 'aws:TagKeys': keys };
}

/**
 * Asks for `lambda:<action>` on the function, with its tags as condition values and its resource policy (of the
 * qualifier that the caller names).
 * @throws AccessDeniedException of the core
 */
export function authorize(
  lambda: Lambda,
  call: Call,
  action: string,
  target: FunctionName,
  values: ConditionValues = {},
): void {
  const record = lambda.store.find(target.name);
  // A function without a policy has an empty one: services may then do nothing to it.
  const statements = record?.policies[target.qualifier]?.statements ?? [];
  call.authorize(`lambda:${action}`, functionArn(lambda, target), {
    values: { ...tagValues('aws:ResourceTag', record?.tags ?? {}), ...values },
    resourcePolicies: [policyDocument(statements)],
  });
}

export function policyDocument(statements: readonly unknown[]) {
  return { Version: '2012-10-17', Id: 'default', Statement: statements };
}

/** The function that the caller named, after the caller's permission was checked. */
export function load(lambda: Lambda, call: Call, action: string, target: FunctionName): FunctionRecord {
  authorize(lambda, call, action, target);
  return lambda.store.get(target.name, functionArn(lambda, target));
}

/**
 * Reads a request by its schema.
 * @throws ValidationException that names each member at fault
 */
export function parse<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const at = issue.path.map((part) => String(part)).join('.');
    return `Value at '${at}' failed to satisfy constraint: ${issue.message}`;
  });
  const count = problems.length;
  throw new AwsError(
    'ValidationException',
    `${count} validation error${count > 1 ? 's' : ''} detected: ${problems.join('; ')}`,
  );
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
}

export function conflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', message, 409, { Type: 'User' });
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404, { Type: 'User' });
}

/** @throws PreconditionFailedException unless `given` is absent or the current one */
export function checkRevision(given: string | undefined, current: string): void {
  if (given === undefined || given === current) return;
  throw new AwsError(
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId',
    412,
    { Type: 'User' },
  );
}

export function newRevision(): string {
  return randomUUID();
}

/** Members of a request that may name a function with its qualifier. */
export const targetSchema = z.looseObject({ FunctionName: z.string(), Qualifier: z.string().optional() });
