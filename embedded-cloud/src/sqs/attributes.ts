/** Attributes of a queue that can be set (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html). */
import { z } from 'zod';
import { parsePolicy } from '../iam/policy.ts';
import { AwsError } from '../service.ts';

const within = (least: number, most: number, usual: number) =>
  z.coerce.number().int().min(least).max(most).default(usual);

const settable = z.object({
  DelaySeconds: within(0, 900, 0),
  /** Bytes; 1 MiB since August 2025. */
  MaximumMessageSize: within(1_024, 1_048_576, 1_048_576),
  /** Seconds: a minute to 14 days, four days unless it is said. */
  MessageRetentionPeriod: within(60, 1_209_600, 345_600),
  ReceiveMessageWaitTimeSeconds: within(0, 20, 0),
  VisibilityTimeout: within(0, 43_200, 30),
  /** JSON text; empty is none. */
  Policy: z.string().refine(isPolicy).default(''),
  /** Whether bodies are encrypted where they are kept. */
  SqsManagedSseEnabled: z.union([z.boolean(), z.stringbool()]).default(true),
});
export type Attributes = z.infer<typeof settable>;

/** What the embedded cloud does not have, refused where it would change anything. */
const REFUSED: Readonly<Record<string, string>> = {
  FifoQueue: 'FIFO queues',
  ContentBasedDeduplication: 'FIFO queues',
  DeduplicationScope: 'FIFO queues',
  FifoThroughputLimit: 'FIFO queues',
  RedrivePolicy: 'redrive policies',
  RedriveAllowPolicy: 'redrive policies',
  KmsMasterKeyId: 'encryption under a key of KMS',
  KmsDataKeyReusePeriodSeconds: 'encryption under a key of KMS',
};

/** Whether SQS has an attribute of this name that can be set, which a queue need not have. */
export const isSettable = (name: string): boolean => name in settable.shape || Object.hasOwn(REFUSED, name);

/**
 * The attributes with changes to them; without `current` those of a new queue.
 * @throws AwsError InvalidAttributeName, InvalidAttributeValue
 */
export function withAttributes(changes: Readonly<Record<string, unknown>>, current?: Attributes): Attributes {
  for (const [name, value] of Object.entries(changes)) {
    if (name in settable.shape) continue;
    const what = REFUSED[name];
    if (what === undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    if (!['', 'false', false].includes(value as string | boolean))
      throw new AwsError(
        'InvalidAttributeValue',
        `The embedded cloud does not have ${what}: leave ${name} out. Nothing was changed.`,
      );
  }
  const known = Object.entries(changes).filter(([name]) => name in settable.shape);
  const parsed = settable.safeParse({ ...current, ...Object.fromEntries(known) });
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0]);
  throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

/** As the API writes them: all of them text. */
export function written(attributes: Attributes): Record<string, string> {
  const { Policy, ...others } = attributes;
  const texts = Object.entries(others).map(([name, value]) => [name, String(value)]);
  return { ...Object.fromEntries(texts), ...(Policy !== '' && { Policy }) };
}

/** What they were written as, to the store. */
export const readAttributes = (text: string): Attributes => settable.parse(JSON.parse(text));

function isPolicy(text: string): boolean {
  if (text === '') return true;
  try {
    return parsePolicy(text).every(({ principals }) => principals !== undefined);
  } catch {
    return false;
  }
}
