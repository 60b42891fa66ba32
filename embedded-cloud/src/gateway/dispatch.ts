/** Hands a verified request to its service. */
import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import {
  type Action,
  AwsError,
  type Call,
  type HttpResponse,
  notImplemented,
  type Service,
} from '../service.ts';

/** As much as a request may have that is not compressed. */
const EXPANDED_LIMIT = 16 * 1024 * 1024;

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
  headers: IncomingHttpHeaders,
  call: Call,
): Promise<HttpResponse> {
  const action = actionOf(service, target.slice(target.lastIndexOf('.') + 1));
  const output = await action(parseInput(expanded(body, headers['content-encoding'])), call);
  return {
    status: 200,
    headers: {
      'content-type': headers['content-type'] ?? 'application/x-amz-json-1.1',
      'x-amzn-requestid': call.requestId,
    },
    body: output === undefined ? '{}' : JSON.stringify(output),
  };
}

/** Clients compress large requests of some actions (https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait). */
function expanded(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: EXPANDED_LIMIT });
  } catch {
    throw new AwsError(
      'SerializationException',
      `The request body is not valid gzip, or larger than ${EXPANDED_LIMIT} bytes.`,
    );
  }
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
