/**
 * The client's requests on node:http, as transfers are: to load Node's own fetch would take a good part of the time that
 * the agent needs until it runs the first command.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Fetch, FetchRequest, FetchResponse } from '../contract/route-client.ts';

/** 30 seconds: API Gateway itself gives an answer up after 29. */
export const CALL_MS = 30_000;

export interface PendingRequest {
  /** Settles when all of the request is on its way, or will never be. */
  readonly sent: Promise<void>;
  /** An answer that breaks off counts as none. */
  readonly answer: Promise<FetchResponse>;
}

export function begin(url: string, { method, headers, body, signal }: FetchRequest): PendingRequest {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method, headers: { ...headers, ...length }, ...(signal && { signal }) };
  const sent = Promise.withResolvers<void>();
  const response = Promise.withResolvers<IncomingMessage>();
  request(url, options, response.resolve)
    .on('finish', sent.resolve)
    .on('close', sent.resolve)
    .on('error', (error) => response.reject(signal?.aborted ? signal.reason : error))
    .end(body);
  return { sent: sent.promise, answer: response.promise.then(read) };
}

export const send: Fetch = (url, request) => begin(url, request).answer;

async function read(response: IncomingMessage): Promise<FetchResponse> {
  const body = await text(response);
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: {
      get(name) {
        const value = response.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    text: async () => body,
    json: async () => JSON.parse(body),
  };
}
