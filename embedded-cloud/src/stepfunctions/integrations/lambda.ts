/**
 * `lambda:invoke`, `lambda:invoke.waitForTaskToken` and a function's own ARN as the Resource
 * (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html).
 */
import { StateFailure } from '../failure.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../json.ts';
import type { Integration, RoleClient } from './integration.ts';
import { serviceFailure } from './service-errors.ts';

const NAMES = { prefix: 'Lambda', general: 'AWSLambdaException' };

interface Invocation {
  StatusCode: number;
  Payload: Json;
  ExecutedVersion: string;
}

function parsePayload(text: string): Json {
  if (text === '') return null;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** A function's own error: its `errorType` is the name, its whole payload the cause. */
function functionFailure(payload: string): StateFailure {
  const body = parsePayload(payload);
  const type = isObject(body) && typeof body.errorType === 'string' ? body.errorType : '';
  return new StateFailure(type === '' ? 'Lambda.Unknown' : type, payload);
}

async function invoke(client: RoleClient, args: JsonObject): Promise<Invocation> {
  const { Payload, ...others } = args;
  let response: unknown;
  try {
    response = await client.call('lambda', 'Invoke', {
      InvocationType: 'RequestResponse',
      ...others,
      Payload: JSON.stringify(Payload ?? {}),
      // The execution is kept and waits; thousands may, and none shall fail for want of a processor.
      Admission: 'patient',
    });
  } catch (error) {
    throw serviceFailure(NAMES, error);
  }
  if (!isObject(response)) throw new StateFailure('Lambda.SdkClientException', 'Invoke gave no response');
  const payload = typeof response.Payload === 'string' ? response.Payload : '';
  if (response.FunctionError !== undefined) throw functionFailure(payload);
  return {
    ExecutedVersion: typeof response.ExecutedVersion === 'string' ? response.ExecutedVersion : '$LATEST',
    Payload: parsePayload(payload),
    StatusCode: typeof response.StatusCode === 'number' ? response.StatusCode : 200,
  };
}

export function lambdaInvoke(pattern: 'response' | 'token'): Integration {
  return {
    resourceType: 'lambda',
    resource: pattern === 'token' ? 'invoke.waitForTaskToken' : 'invoke',
    pattern,
    submit: async (client, args) => ({ ...(await invoke(client, args)) }),
  };
}

/** A function as the Resource itself: the Arguments are the payload, the payload of the answer is the result. */
export function lambdaFunction(arn: string): Integration {
  return {
    resourceType: 'lambda',
    resource: arn,
    pattern: 'response',
    submit: async (client, args) => (await invoke(client, { FunctionName: arn, Payload: args })).Payload,
  };
}
