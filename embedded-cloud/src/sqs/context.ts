/** What the actions of SQS share: from the URL of a request to its queue, after the caller's permission was checked. */
import { AwsError, type Call, type Cloud, type ConditionValues } from '../service.ts';
import type { Arrivals } from './arrivals.ts';
import type { Queue, QueueStore } from './store.ts';

export interface Sqs {
  readonly cloud: Cloud;
  readonly store: QueueStore;
  readonly arrivals: Arrivals;
}

export function queueArn({ cloud }: Pick<Sqs, 'cloud'>, name: string): string {
  return `arn:${cloud.partition}:sqs:${cloud.region}:${cloud.accountId}:${name}`;
}

/** Clients send their requests to it: so it leads to the gateway. */
export function queueUrl({ cloud }: Pick<Sqs, 'cloud'>, name: string): string {
  return `${cloud.endpoint}/${cloud.accountId}/${name}`;
}

/** A queue without a policy has an empty one: services may then do nothing to it. */
const EMPTY = { Version: '2012-10-17', Statement: [] };

/** `aws:RequestTag/<key>` and `aws:TagKeys` for the tags that a request carries. */
export function requestTags(tags: Readonly<Record<string, string>>): ConditionValues {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  const values = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return { ...Object.fromEntries(values), 'aws:TagKeys': keys };
}

/**
 * @param values of condition keys that the request has beside the tags of its queue
 * @throws AwsError AccessDeniedException of the core
 */
export function authorize(
  sqs: Sqs,
  call: Call,
  action: string,
  name: string,
  values: ConditionValues = {},
): void {
  const queue = sqs.store.find(name);
  const { Policy = '' } = queue?.attributes ?? {};
  const tags = Object.entries(queue?.tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
  call.authorize(`sqs:${action}`, queueArn(sqs, name), {
    values: { ...Object.fromEntries(tags), ...values },
    resourcePolicies: [Policy === '' ? EMPTY : JSON.parse(Policy)],
  });
}

/** The queue that a URL names by its path, `/<account>/<name>`. @throws AwsError QueueDoesNotExist, AccessDeniedException of the core */
export function load(sqs: Sqs, call: Call, action: string, url: string): Queue {
  const [, account, name = ''] = /\/(\d{12})\/([^/]+)$/.exec(url) ?? [];
  if (account !== sqs.cloud.accountId) throw doesNotExist();
  authorize(sqs, call, action, name);
  const queue = sqs.store.find(name);
  if (queue === undefined) throw doesNotExist();
  sqs.store.expire(queue, sqs.cloud.now());
  return queue;
}

export function doesNotExist(): AwsError {
  return new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
}
