/** HTTP servers on fixed ports of 127.0.0.1, one an API or function URL: bodies read whole, responses written whole. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { PayloadResponse } from './http-payload.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: Buffer | string;
}

/** @param body undefined when it is larger than the limit; it was then read and thrown away */
export type Listener = (
  request: IncomingMessage,
  body: Buffer | undefined,
) => Promise<HttpAnswer | PayloadResponse>;

/** Headers that the server sets itself, whatever a function says. */
const own = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'date']);

/** 64 KiB: more than any service in front of functions takes, so that its own answer is given and not Node's. */
const HEAD_LIMIT = 64 * 1024;

/** @param bodyLimit bytes */
export async function listen(port: number, bodyLimit: number, listener: Listener): Promise<Server> {
  const server = createServer({ maxHeaderSize: HEAD_LIMIT }, (request, response) => {
    void serve(request, response, bodyLimit, listener).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function serve(request: IncomingMessage, response: ServerResponse, limit: number, listener: Listener) {
  const answer = await listener(request, await readBody(request, limit));
  if (response.destroyed) return;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (!own.has(name)) response.setHeader(name, headerText(value));
  }
  if (answer.cookies && answer.cookies.length > 0)
    response.setHeader('set-cookie', answer.cookies.map(headerText));
  const body = Buffer.from(answer.body ?? '');
  response.statusCode = answer.status;
  if (answer.status !== 204 && answer.status !== 304) response.setHeader('content-length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Characters that HTTP does not allow in a header would make Node refuse the whole response. */
function headerText(value: string): string {
  return Buffer.from(value.replace(/[\r\n\0]/g, '')).toString('latin1');
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size > limit ? undefined : Buffer.concat(chunks);
}
