/** Hands a verified request to its service. */
import {
  type Action,
  AwsError,
  type Call,
  type HttpResponse,
  notImplemented,
  type Service,
} from '../service.ts';

/** @throws AwsError `NotImplemented`, naming the action that the service does not have */
export function actionOf(service: Service, action: string): Action {
  const found =
    service.actions !== undefined && Object.hasOwn(service.actions, action) && service.actions[action];
  if (!found) throw notImplemented(service.name, action);
  return found;
}

/**
 * AWS's JSON protocols 1.0 and 1.1: the action stands in `X-Amz-Target` behind the last dot
 * (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
 */
export async function dispatchJson(
  service: Service,
  target: string,
  body: Buffer,
  contentType: string | undefined,
  call: Call,
): Promise<HttpResponse> {
  const action = actionOf(service, target.slice(target.lastIndexOf('.') + 1));
  const output = await action(parseInput(body), call);
  return {
    status: 200,
    headers: {
      'content-type': contentType ?? 'application/x-amz-json-1.1',
      'x-amzn-requestid': call.requestId,
    },
    body: output === undefined ? '{}' : JSON.stringify(output),
  };
}

function parseInput(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
  if (isObject(input)) return input;
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
