/** The requests of SQS that are served, as schemas. */
import { z } from 'zod';
import { AwsError } from '../service.ts';

const QueueUrl = z.string().min(1);
const seconds = (most: number) => z.number().int().min(0).max(most);
const twelveHours = seconds(43_200);
const ReceiptHandle = z.string().min(1);
const tags = z.record(z.string(), z.string());

/** Of a message, set by its sender: text or bytes (base64), with a type such as `String` or `Number.int`. */
export const MessageAttributes = z.record(
  z.string(),
  z.object({
    DataType: z.string().min(1),
    StringValue: z.string().optional(),
    BinaryValue: z.string().optional(),
  }),
);
export type MessageAttributes = z.infer<typeof MessageAttributes>;

const sent = {
  MessageBody: z.string().min(1),
  DelaySeconds: seconds(900).optional(),
  MessageAttributes: MessageAttributes.default({}),
  MessageSystemAttributes: z
    .strictObject(
      {},
      { error: 'the embedded cloud traces nothing, and keeps no AWSTraceHeader: leave it out' },
    )
    .optional(),
  MessageGroupId: z.undefined({ error: 'the embedded cloud has no message groups' }).optional(),
  MessageDeduplicationId: z.undefined({ error: 'only FIFO queues take one' }).optional(),
};
const hidden = { ReceiptHandle, VisibilityTimeout: twelveHours };
const batchOf = <Entry extends z.ZodRawShape>(entry: Entry) =>
  z.object({ QueueUrl, Entries: z.array(z.object({ Id: z.string(), ...entry })) });

export const CreateQueue = z.object({
  QueueName: z.string(),
  Attributes: z.record(z.string(), z.string()).default({}),
  tags: tags.default({}),
});
export const GetQueueUrl = z.object({ QueueName: z.string(), QueueOwnerAWSAccountId: z.string().optional() });
export const ListQueues = z.object({
  QueueNamePrefix: z.string().default(''),
  MaxResults: z.number().int().min(1).max(1_000).optional(),
  NextToken: z.string().default(''),
});
export const OneQueue = z.object({ QueueUrl });
export const GetQueueAttributes = z.object({ QueueUrl, AttributeNames: z.array(z.string()).default([]) });
export const SetQueueAttributes = z.object({ QueueUrl, Attributes: z.record(z.string(), z.string()) });
export const SendMessage = z.object({ QueueUrl, ...sent });
export const SendMessageBatch = batchOf(sent);
export const ReceiveMessage = z.object({
  QueueUrl,
  MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
  VisibilityTimeout: twelveHours.optional(),
  WaitTimeSeconds: seconds(20).optional(),
  /** The older name of the next one. */
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
  MessageAttributeNames: z.array(z.string()).default([]),
});
export const DeleteMessage = z.object({ QueueUrl, ReceiptHandle });
export const DeleteMessageBatch = batchOf({ ReceiptHandle });
export const ChangeMessageVisibility = z.object({ QueueUrl, ...hidden });
export const ChangeMessageVisibilityBatch = batchOf(hidden);

/** @throws AwsError `MissingParameter` or `InvalidParameterValue`, which name the first offending member */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue?.path.join('.') ?? '';
  const value = issue?.path.reduce<unknown>((at, step) => Object(at)[step], input);
  if (value === undefined || value === '')
    throw new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${JSON.stringify(value)} for parameter ${name} is invalid. Reason: ${issue?.message}.`,
  );
}
