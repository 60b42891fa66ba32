import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Fetch } from '../contract/client.ts';

/**
 * Sends the client's requests on node:http, as transfers are: to load Node's own fetch would take a good part of the time
 * that the agent needs until it runs the first command. An answer that breaks off counts as no answer.
 */
export const send: Fetch = async (url, { method, headers, body, signal }) => {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method, headers: { ...headers, ...length }, ...(signal && { signal }) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, options, resolve)
      .on('error', (error) => reject(signal?.aborted ? signal.reason : error))
      .end(body);
  });
  const answer = await text(response);
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: {
      get(name) {
        const value = response.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    text: async () => answer,
    json: async () => JSON.parse(answer),
  };
};
