/** HTTP servers on fixed ports of 127.0.0.1, one an API, function URL or distribution: bodies of requests are read whole. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PayloadResponse } from './http-payload.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: Buffer | string;
}

/** An answer that is written as it comes. A client that goes away ends the stream. */
export interface StreamedAnswer extends Omit<HttpAnswer, 'body'> {
  readonly stream: Readable;
  /** Bytes. Of HEAD those that GET would have. */
  readonly length?: number | undefined;
}

/**
 * @param body undefined when it is larger than the limit; it was then read and thrown away
 * @param abandoned aborted when the client has closed its connection before the answer, of a request that is safe (GET,
 * HEAD; RFC 9110, 9.2.1): not to handle it changes nothing. Any other is handled all the same, as on AWS
 */
export type Listener = (
  request: IncomingMessage,
  body: Buffer | undefined,
  abandoned: AbortSignal | undefined,
) => Promise<HttpAnswer | StreamedAnswer | PayloadResponse>;

const isSafe = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/** Headers that the server sets itself, whatever a function says. */
const own = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'date']);

/** What a server that strangers can reach puts up with. */
const BOUNDS = {
  /** 64 KiB: more than any service in front of functions takes, so that its own answer is given and not Node's. */
  maxHeaderSize: 64 * 1024,
  /**
   * Nobody needs longer for headers, but for those who mean to hold connections. Node answers 408. Not less: on a machine
   * that has no time, what came long ago is read late.
   */
  headersTimeout: 30_000,
  /** 10 MB, the largest body, at 0.7 Mbit/s. */
  requestTimeout: 120_000,
  connectionsCheckingInterval: 5_000,
  /** Longer than clients keep idle connections, so that the server is not the one to close it under a request. */
  keepAliveTimeout: 75_000,
};
/** Each costs some ten kilobytes, and a descriptor of which Linux gives a process many more. */
const MOST_CONNECTIONS = 4_096;
/** Bodies that are being received, of all connections together, in bytes. */
const MOST_RECEIVED = 256 * 2 ** 20;

/** @param bodyLimit bytes */
export async function listen(port: number, bodyLimit: number, listener: Listener): Promise<Server> {
  const received = new Received();
  const server = createServer(BOUNDS, (request, response) => {
    void serve(request, response, bodyLimit, received, listener).catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  // As many connections as come at once may wait to be taken, instead of being tried again by the kernel seconds later.
  server.listen({ port, host: '127.0.0.1', backlog: MOST_CONNECTIONS });
  await once(server, 'listening');
  return server;
}

export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  received: Received,
  listener: Listener,
) {
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  const read = await received.read(request, limit);
  const answer =
    read === 'no room' ? FULL : await listener(request, read, isSafe(request) ? left.signal : undefined);
  if (response.destroyed) {
    if ('stream' in answer) answer.stream.destroy();
    return;
  }
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (!own.has(name)) response.setHeader(name, headerText(value));
  }
  if (answer.cookies && answer.cookies.length > 0)
    response.setHeader('set-cookie', answer.cookies.map(headerText));
  response.statusCode = answer.status;
  if ('stream' in answer) {
    if (answer.length !== undefined) response.setHeader('content-length', answer.length);
    await pipeline(answer.stream, response);
    return;
  }
  const body = Buffer.from(answer.body ?? '');
  if (answer.status !== 204 && answer.status !== 304) response.setHeader('content-length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Characters that HTTP does not allow in a header would make Node refuse the whole response. */
function headerText(value: string): string {
  return Buffer.from(value.replace(/[\r\n\0]/g, '')).toString('latin1');
}

const FULL: HttpAnswer = {
  status: 503,
  headers: { 'content-type': 'application/json', 'retry-after': '1' },
  body: JSON.stringify({ message: 'Service Unavailable' }),
};

/** Reads bodies whole, within what all of them may take together. */
class Received {
  #bytes = 0;

  /** @returns undefined when it is larger than the limit; it was then read and thrown away */
  async read(request: IncomingMessage, limit: number): Promise<Buffer | undefined | 'no room'> {
    const chunks: Buffer[] = [];
    let size = 0;
    let kept = 0;
    let room = true;
    try {
      for await (const chunk of request) {
        size += chunk.length;
        if (!room || size > limit) continue;
        room = this.#bytes + chunk.length <= MOST_RECEIVED;
        if (!room) continue;
        this.#bytes += chunk.length;
        kept += chunk.length;
        chunks.push(chunk);
      }
    } finally {
      this.#bytes -= kept;
    }
    if (!room) return 'no room';
    return size > limit ? undefined : Buffer.concat(chunks);
  }
}
