/** Invoke, and the internal action behind function URLs. */
import { z } from 'zod';
import { type Action, AwsError, type Call } from '../../service.ts';
import type { EventQueue } from '../asynchronous.ts';
import { authorize, conflict, functionArn, type Lambda, parse, policyDocument } from '../context.ts';
import { type FunctionName, parseFunctionName } from '../function-name.ts';
import { invokedBy } from '../metrics.ts';
import { chooseVersion, resolveVersion } from '../resolve.ts';
import type { Admission } from '../runtime/event-line.ts';
import { isThrottled } from '../runtime/limits.ts';
import type { Result } from '../runtime/outcome.ts';
import { serving } from '../transitions.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB synchronous, 1 MB asynchronous. */
const REQUEST_LIMIT = 6_291_456;
const EVENT_LIMIT = 1_048_576;

const invokeSchema = z.looseObject({
  FunctionName: z.string(),
  Qualifier: z.string().optional(),
  InvocationType: z.enum(['RequestResponse', 'Event', 'DryRun']).default('RequestResponse'),
  LogType: z.enum(['None', 'Tail']).default('None'),
  /** Base64 of JSON text. */
  ClientContext: z.string().optional(),
  /** JSON text; nothing means `{}`. */
  Payload: z.string().optional(),
  /** Between services of the embedded cloud: nobody can say it over the wire. */
  Admission: z.enum(['ordinary', 'first', 'patient']).default('ordinary'),
  /** As the one before: of an event that need not be handled when nobody waits for its answer any more. */
  Abandoned: z.instanceof(AbortSignal).optional(),
});

const urlInvokeSchema = z.object({
  FunctionName: z.string(),
  Qualifier: z.string(),
  Payload: z.string(),
  Abandoned: z.instanceof(AbortSignal).optional(),
});

export function invokeOperations(lambda: Lambda, queue: EventQueue): Record<string, Action> {
  return {
    Invoke: (input, call) => invoke(lambda, queue, input, call),
    InvokeFunctionUrl: (input, call) => invokeByUrl(lambda, input, call),
  };
}

async function invoke(lambda: Lambda, queue: EventQueue, input: unknown, call: Call): Promise<unknown> {
  const request = parse(invokeSchema, input);
  const target = parseFunctionName(request.FunctionName, request.Qualifier);
  authorize(lambda, call, 'InvokeFunction', target);
  const record = lambda.store.get(target.name, functionArn(lambda, target));
  const version = resolveVersion(lambda, record, target.qualifier);
  const payload = request.Payload || '{}';
  checkPayload(payload, request.InvocationType === 'Event' ? EVENT_LIMIT : REQUEST_LIMIT);
  if (request.InvocationType === 'DryRun') return { StatusCode: 204, ExecutedVersion: version.version };
  if (request.InvocationType === 'Event') {
    queue.add(call.requestId, target, payload);
    return { StatusCode: 202, Payload: '' };
  }
  const { result, executedVersion } = await execute(lambda, target, {
    requestId: call.requestId,
    payload,
    admission: request.Admission,
    ...(request.Abandoned && { abandoned: request.Abandoned }),
    ...(request.ClientContext && { clientContext: Buffer.from(request.ClientContext, 'base64').toString() }),
  });
  return {
    StatusCode: 200,
    ExecutedVersion: executedVersion,
    ...(result.functionError && { FunctionError: result.functionError }),
    ...(request.LogType === 'Tail' && { LogResult: result.logTail }),
    Payload: result.payload,
  };
}

function checkPayload(payload: string, limit: number): void {
  const size = Buffer.byteLength(payload);
  if (size > limit) {
    const message = `${size} byte payload is too large for the RequestResponse invocation type (limit ${limit} bytes)`;
    throw new AwsError('RequestEntityTooLargeException', message, 413, { Type: 'User' });
  }
  try {
    JSON.parse(payload);
  } catch (error) {
    const message = `Could not parse request body into json: ${error instanceof Error ? error.message : error}`;
    throw new AwsError('InvalidRequestContentException', message, 400, { Type: 'User' });
  }
}

interface Event {
  readonly requestId: string;
  readonly payload: string;
  readonly admission: Admission;
  readonly clientContext?: string;
  readonly abandoned?: AbortSignal;
}

/**
 * Runs one event on the version that the qualifier leads to, within the limits of concurrency.
 * @throws TooManyRequestsException, ResourceNotFoundException; a failure of the function itself is a result
 */
export async function execute(
  lambda: Lambda,
  target: FunctionName,
  { admission, ...event }: Event,
): Promise<{ result: Result; executedVersion: string }> {
  const arn = functionArn(lambda, target);
  const record = lambda.store.get(target.name, arn);
  const version = serving(chooseVersion(lambda, record, target.qualifier));
  if (version.state !== 'Active') {
    throw conflict(
      `The operation cannot be performed at this time. The function is currently in the following state: ${version.state}`,
    );
  }
  // What the template reserves for a function is kept for it: its events go first.
  const first = admission === 'ordinary' && record.reservedConcurrency !== undefined;
  const invoked = invokedBy(target, record.aliases[target.qualifier], version.version);
  const started = lambda.cloud.now();
  try {
    const result = await lambda.concurrency.run(record, () =>
      lambda.fleet.invoke(record.name, version, { ...event, functionArn: arn }, first ? 'first' : admission),
    );
    lambda.metrics.record(invoked, started, result);
    return { result, executedVersion: version.version };
  } catch (error) {
    if (isThrottled(error)) lambda.metrics.throttled(invoked, started);
    throw error;
  }
}

/**
 * A request to a function URL of auth type NONE: since October 2025 the resource policy must allow both
 * `lambda:InvokeFunctionUrl` and, for calls by URL, `lambda:InvokeFunction`
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none).
 */
async function invokeByUrl(lambda: Lambda, input: unknown, call: Call): Promise<unknown> {
  const request = parse(urlInvokeSchema, input);
  const target = { name: request.FunctionName, qualifier: request.Qualifier };
  const arn = functionArn(lambda, target);
  const statements = lambda.store.find(target.name)?.policies[target.qualifier]?.statements ?? [];
  const resourcePolicies = [policyDocument(statements)];
  call.authorize('lambda:InvokeFunctionUrl', arn, {
    values: { 'lambda:FunctionUrlAuthType': 'NONE' },
    resourcePolicies,
  });
  call.authorize('lambda:InvokeFunction', arn, {
    values: { 'lambda:InvokedViaFunctionUrl': true },
    resourcePolicies,
  });
  const { result } = await execute(lambda, target, {
    requestId: call.requestId,
    payload: request.Payload,
    admission: 'ordinary',
    ...(request.Abandoned && { abandoned: request.Abandoned }),
  });
  return { Payload: result.payload, ...(result.functionError && { FunctionError: result.functionError }) };
}
