import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpResponse } from '../service.ts';

/** Writes a service's answer. A stream that breaks half-way closes the connection, so that the client notices. */
export async function respond(response: ServerResponse, answer: HttpResponse): Promise<void> {
  const { status, headers = {}, body } = answer;
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  response.statusCode = status;
  if (body instanceof Readable) return pipeline(body, response);
  const bodiless = status === 204 || status === 304;
  if (!bodiless && !response.hasHeader('content-length')) {
    response.setHeader('content-length', body === undefined ? 0 : Buffer.byteLength(body));
  }
  response.end(body);
}
