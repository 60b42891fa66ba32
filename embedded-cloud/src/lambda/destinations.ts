/**
 * Destinations of asynchronous invocations: how each ended, with its event, as a record in a queue
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
 */
import { z } from 'zod';
import { functionArn, invalidParameter, type Lambda } from './context.ts';
import type { FunctionName } from './function-name.ts';
import type { FunctionRecord, InvokeConfig } from './records.ts';
import type { Outcome } from './runtime/outcome.ts';

const one = z.object({ Destination: z.string().optional() }).optional();
export const destinationConfigSchema = z.object({ OnSuccess: one, OnFailure: one });
type DestinationConfig = z.infer<typeof destinationConfigSchema>;

/** An SQS message; a larger record comes without payloads. */
const LARGEST_RECORD = 1_048_576;

export interface Ended {
  readonly condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded' | 'ZeroReservedConcurrency';
  readonly requestId: string;
  readonly target: FunctionName;
  /** JSON text, as the event came. */
  readonly payload: string;
  readonly invocations: number;
  /** Of the last attempt, when the function had it. */
  readonly response?: { readonly outcome: Outcome; readonly executedVersion: string } | undefined;
}

/**
 * @returns the ARNs of the queues, empty for none
 * @throws InvalidParameterValueException when a destination is no queue of this region, or the function's role may not send to it
 */
export function destinationsOf(
  lambda: Lambda,
  { name, latest }: FunctionRecord,
  config: DestinationConfig,
): Pick<InvokeConfig, 'onSuccess' | 'onFailure'> {
  const { cloud } = lambda;
  const onSuccess = config.OnSuccess?.Destination ?? '';
  const onFailure = config.OnFailure?.Destination ?? '';
  for (const arn of new Set([onSuccess, onFailure])) {
    if (arn === '') continue;
    if (queuePath(arn) === undefined)
      throw invalidParameter(
        `The embedded cloud sends records of invocations to standard queues of SQS, and ${arn} is none. Nothing was changed.`,
      );
    if (!arn.startsWith(`arn:${cloud.partition}:sqs:${cloud.region}:`))
      throw invalidParameter(
        `The destination ${arn} must be in the region ${cloud.region} (partition ${cloud.partition}) as its function is. Nothing was changed.`,
      );
    // Lambda asks when the destination is set, and not only when there is something to send.
    if (cloud.allows?.(cloud.role(latest.settings.role), 'sqs:SendMessage', arn) === false)
      throw invalidParameter(
        `The function execution role does not have permissions to call SendMessage on ${arn} (function ${name}).`,
      );
  }
  return { onSuccess, onFailure };
}

const queuePath = (arn: string): string | undefined => {
  const [, account, name] = /^arn:[^:]+:sqs:[^:]*:(\d{12}):([A-Za-z0-9_-]{1,80})$/.exec(arn) ?? [];
  return account && `/${account}/${name}`;
};

/** Sends the record to where the function wants it. One that cannot be sent is lost, and the operator is told. */
export async function tellDestination(
  lambda: Lambda,
  { latest }: FunctionRecord,
  { onSuccess, onFailure }: InvokeConfig,
  ended: Ended,
): Promise<void> {
  const arn = ended.condition === 'Success' ? onSuccess : onFailure;
  const QueueUrl = queuePath(arn);
  if (QueueUrl === undefined) return;
  const { cloud } = lambda;
  try {
    const MessageBody = textOf(lambda, ended);
    await cloud.call(cloud.role(latest.settings.role), 'sqs', 'SendMessage', { QueueUrl, MessageBody });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    cloud.log('lambda', `the record of ${ended.requestId} is lost, as ${arn} did not take it: ${reason}`);
  }
}

function textOf(lambda: Lambda, ended: Ended): string {
  const { target, response, payload } = ended;
  const record = {
    version: '1.0',
    timestamp: new Date(lambda.cloud.now()).toISOString(),
    requestContext: {
      requestId: ended.requestId,
      functionArn: functionArn(lambda, { ...target, qualifier: target.qualifier || '$LATEST' }),
      condition: ended.condition,
      approximateInvokeCount: ended.invocations,
    },
    requestPayload: JSON.parse(payload),
    ...(response && {
      responseContext: {
        statusCode: 200,
        executedVersion: response.executedVersion,
        ...(response.outcome.functionError && { functionError: response.outcome.functionError }),
      },
      responsePayload: JSON.parse(response.outcome.payload),
    }),
  };
  const text = JSON.stringify(record);
  if (Buffer.byteLength(text) <= LARGEST_RECORD) return text;
  const { requestPayload: _, ...rest } = record;
  return JSON.stringify({ ...rest, ...(response && { responsePayload: undefined }) });
}
