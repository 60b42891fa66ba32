/** `AWS::SQS::Queue` and `::QueuePolicy`. Messages stay from start to start. */
import { z } from 'zod';
import type { ResourceProvider } from '../service.ts';
import { withAttributes } from './attributes.ts';
import { doesNotExist, queueArn, queueUrl, type Sqs } from './context.ts';
import { checkName } from './queue-actions.ts';
import { parsed } from './requests.ts';

const queueProperties = z.object({
  QueueName: z.string().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});
const policyProperties = z.object({
  Queues: z.array(z.string()).min(1),
  PolicyDocument: z.record(z.string(), z.unknown()),
});
/** A name has at most 80 characters: a generated one keeps its start and its hash. */
const shortName = (name: string): string =>
  name.length <= 80 ? name : `${name.slice(0, 71)}${name.slice(-9)}`;

/** @param seen collects the names of this template's queues */
export function queueResources(sqs: Sqs, seen: Set<string>): Record<string, ResourceProvider> {
  return {
    'AWS::SQS::Queue'({ properties, generatedName }) {
      const { QueueName: name = shortName(generatedName), Tags } = parsed(queueProperties, properties);
      const { QueueName: _, Tags: __, ...attributes } = properties;
      checkName(name);
      const now = sqs.cloud.now();
      sqs.store.put({
        name,
        // A policy is a resource of its own: the template makes it anew after the queue, and one that it no longer has must not stay.
        attributes: withAttributes(attributes),
        tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
        origin: 'template',
        created: sqs.store.find(name)?.created ?? now,
        modified: now,
      });
      seen.add(name);
      const url = queueUrl(sqs, name);
      return { ref: url, attributes: { Arn: queueArn(sqs, name), QueueName: name, QueueUrl: url } };
    },
    'AWS::SQS::QueuePolicy'({ properties, generatedName }) {
      const { Queues, PolicyDocument } = parsed(policyProperties, properties);
      for (const url of Queues) {
        const queue = sqs.store.find(url.slice(url.lastIndexOf('/') + 1));
        if (queue === undefined) throw doesNotExist();
        const attributes = withAttributes({ Policy: JSON.stringify(PolicyDocument) }, queue.attributes);
        sqs.store.put({ ...queue, attributes });
      }
      return { ref: generatedName, attributes: { Id: generatedName } };
    },
  };
}
