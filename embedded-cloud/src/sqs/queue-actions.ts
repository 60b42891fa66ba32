/** Actions on queues (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/). */
import { isDeepStrictEqual } from 'node:util';
import { type Action, AwsError } from '../service.ts';
import { isSettable, withAttributes, written } from './attributes.ts';
import { authorize, load, queueArn, queueUrl, requestTags, type Sqs } from './context.ts';
import * as requests from './requests.ts';
import type { Queue } from './store.ts';

/** @throws AwsError InvalidParameterValue */
export function checkName(name: string): void {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(name)) return;
  const fifo = name.endsWith('.fifo') ? ' The embedded cloud has no FIFO queues.' : '';
  throw new AwsError(
    'InvalidParameterValue',
    `Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.${fifo}`,
  );
}

export function queueActions(sqs: Sqs): Record<string, Action> {
  const { cloud, store } = sqs;
  return {
    CreateQueue(input, call) {
      const { QueueName, Attributes, tags } = requests.parsed(requests.CreateQueue, input);
      checkName(QueueName);
      const tagging = requestTags(tags);
      authorize(sqs, call, 'CreateQueue', QueueName, tagging);
      if (Object.keys(tags).length > 0) authorize(sqs, call, 'TagQueue', QueueName, tagging);
      const existing = store.find(QueueName);
      if (existing === undefined) {
        const now = cloud.now();
        const attributes = withAttributes(Attributes);
        store.put({ name: QueueName, attributes, tags, origin: 'api', created: now, modified: now });
      } else if (!isDeepStrictEqual(withAttributes(Attributes, existing.attributes), existing.attributes))
        throw new AwsError(
          'QueueNameExists',
          'A queue already exists with the same name and a different value for an attribute.',
        );
      return { QueueUrl: queueUrl(sqs, QueueName) };
    },
    GetQueueUrl(input, call) {
      const { QueueName, QueueOwnerAWSAccountId } = requests.parsed(requests.GetQueueUrl, input);
      const account = QueueOwnerAWSAccountId ?? cloud.accountId;
      const { name } = load(sqs, call, 'GetQueueUrl', `/${account}/${QueueName}`);
      return { QueueUrl: queueUrl(sqs, name) };
    },
    ListQueues(input, call) {
      const { QueueNamePrefix, MaxResults, NextToken } = requests.parsed(requests.ListQueues, input);
      call.authorize('sqs:ListQueues', '*');
      const names = store.all().map(({ name }) => name);
      const found = names.filter((name) => name.startsWith(QueueNamePrefix) && name > NextToken);
      const page = found.slice(0, MaxResults ?? 1_000);
      return {
        QueueUrls: page.map((name) => queueUrl(sqs, name)),
        ...(MaxResults !== undefined && page.length < found.length && { NextToken: page.at(-1) }),
      };
    },
    DeleteQueue(input, call) {
      const { QueueUrl } = requests.parsed(requests.OneQueue, input);
      store.remove(load(sqs, call, 'DeleteQueue', QueueUrl).name);
      return {};
    },
    GetQueueAttributes(input, call) {
      const { QueueUrl, AttributeNames } = requests.parsed(requests.GetQueueAttributes, input);
      const queue = load(sqs, call, 'GetQueueAttributes', QueueUrl);
      const all = described(sqs, queue);
      const unknown = AttributeNames.find((name) => name !== 'All' && !isSettable(name) && !(name in all));
      if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
      const asked = Object.entries(all).filter(
        ([name]) => AttributeNames.includes('All') || AttributeNames.includes(name),
      );
      return asked.length === 0 ? {} : { Attributes: Object.fromEntries(asked) };
    },
    SetQueueAttributes(input, call) {
      const { QueueUrl, Attributes } = requests.parsed(requests.SetQueueAttributes, input);
      const queue = load(sqs, call, 'SetQueueAttributes', QueueUrl);
      const attributes = withAttributes(Attributes, queue.attributes);
      store.put({ ...queue, attributes, modified: cloud.now() });
      return {};
    },
    ListQueueTags(input, call) {
      const { QueueUrl } = requests.parsed(requests.OneQueue, input);
      const { tags } = load(sqs, call, 'ListQueueTags', QueueUrl);
      return { Tags: tags };
    },
    PurgeQueue(input, call) {
      const { QueueUrl } = requests.parsed(requests.OneQueue, input);
      const queue = load(sqs, call, 'PurgeQueue', QueueUrl);
      // As if each message had been kept for long enough.
      store.expire(queue, cloud.now() + queue.attributes.MessageRetentionPeriod * 1000);
      return {};
    },
  };
}

function described(sqs: Sqs, queue: Queue): Record<string, string> {
  const { visible, hidden, delayed } = sqs.store.count(queue.name, sqs.cloud.now());
  const seconds = (time: number) => String(Math.floor(time / 1000));
  return {
    ...written(queue.attributes),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: seconds(queue.created),
    LastModifiedTimestamp: seconds(queue.modified),
    QueueArn: queueArn(sqs, queue.name),
  };
}
