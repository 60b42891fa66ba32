/** From request to answer: find bucket and operation, and make every failure an error document of S3. */
import type { Readable } from 'node:stream';
import { AwsError, type Call, type HttpRequest, type HttpResponse } from '../service.ts';
import { corsHeaders, preflight } from './cors.ts';
import { errorHeaders, s3Error } from './errors.ts';
import { ownerOf } from './list-objects.ts';
import { operationOf } from './operations.ts';
import { parseRequest, type S3Request } from './request.ts';
import type { S3State } from './state.ts';
import { xmlDocument } from './xml.ts';

/**
 * Read away before an error is answered, so that a client that is still sending gets the answer instead of a reset
 * connection. A gigabyte passes on the loopback in about a second; whoever sends more is cut off.
 */
const MAX_DRAIN = 1024 ** 3;

export async function respond(state: S3State, http: HttpRequest, call: Call): Promise<HttpResponse> {
  let request: S3Request | undefined;
  let response: HttpResponse;
  try {
    request = parseRequest(http, call);
    response = await dispatch(state, request);
  } catch (error) {
    response = errorResponse(state, http, call, error);
  }
  // Also after a success: a body that an operation had no use for must not stop the connection.
  const drained = await drain(http.body);
  const headers: Record<string, string | readonly string[]> = {
    ...response.headers,
    ...(request === undefined ? {} : corsHeaders(state.buckets.find(request.bucket), request)),
    'x-amz-request-id': call.requestId,
    ...(drained ? {} : { connection: 'close' }),
  };
  return { ...response, headers };
}

async function dispatch(state: S3State, request: S3Request): Promise<HttpResponse> {
  if (request.bucket === '') return listBuckets(state, request);
  const target = state.buckets.find(request.bucket);
  if (target === undefined) throw s3Error('NoSuchBucket', undefined, { BucketName: request.bucket });
  if (request.method === 'OPTIONS') return preflight(target, request);
  const named = { ...request, target };
  return operationOf(named)(state, named);
}

function listBuckets(state: S3State, request: S3Request): HttpResponse {
  if (request.method !== 'GET') throw s3Error('MethodNotAllowed');
  try {
    request.call.authorize('s3:ListAllMyBuckets', '*');
  } catch (error) {
    throw error instanceof AwsError ? s3Error('AccessDenied', error.message || undefined) : error;
  }
  const Bucket = state.buckets
    .all()
    .map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() }));
  const body = xmlDocument('ListAllMyBucketsResult', { Owner: ownerOf(state), Buckets: { Bucket } });
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function errorResponse(state: S3State, http: HttpRequest, call: Call, error: unknown): HttpResponse {
  if (!(error instanceof AwsError)) {
    state.cloud.log(
      's3',
      `${http.method} ${http.path} failed: ${error instanceof Error ? error.stack : String(error)}`,
    );
  }
  const { code, message, status, members } =
    error instanceof AwsError
      ? error
      : {
          code: 'InternalError',
          message: 'We encountered an internal error. Please try again.',
          status: 500,
          members: {},
        };
  const headers = error instanceof AwsError ? errorHeaders(error) : {};
  if (http.method === 'HEAD') return { status, headers };
  const details = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
  const body = xmlDocument(
    'Error',
    { Code: code, Message: message, ...details, Resource: http.path, RequestId: call.requestId },
    false,
  );
  return { status, headers: { ...headers, 'content-type': 'application/xml' }, body };
}

/** Returns whether the body is at its end. */
async function drain(body: Readable): Promise<boolean> {
  if (body.readableEnded) return true;
  if (body.destroyed) return false;
  let size = 0;
  return new Promise((resolve) => {
    body.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_DRAIN) resolve(false);
    });
    body.once('end', () => resolve(true));
    body.once('close', () => resolve(false));
    body.once('error', () => resolve(false));
    body.unpipe();
    body.resume();
  });
}
