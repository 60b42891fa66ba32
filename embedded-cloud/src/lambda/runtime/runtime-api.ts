/**
 * The server of the Lambda Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). One listener
 * on loopback serves every execution environment; an unguessable token in the path tells them apart, so that no
 * function can answer for another.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What one execution environment does with the calls of its child process. */
export interface RuntimeClient {
  /** The child asks for an event; the response is kept until there is one. */
  next(response: ServerResponse): void;
  /** The handler has answered, or failed, for the invocation of this request id. */
  result(requestId: string, kind: 'response' | 'error', body: string): void;
  /** Loading the handler failed. */
  initError(body: string): void;
}

const route =
  /^(?:\/([0-9a-f]{32}))?\/2018-06-01\/runtime\/(?:(init\/error)|invocation\/(?:(next)|([^/]+)\/(response|error)))$/;

export class RuntimeApi {
  readonly #clients = new Map<string, RuntimeClient>();
  readonly #server: Server;
  /** Servers of clients that have one of their own. */
  readonly #own = new Map<string, Server>();
  #port: Promise<number> | undefined;

  constructor() {
    this.#server = this.#serve((token = '') => this.#clients.get(token));
  }

  /** @returns the value of AWS_LAMBDA_RUNTIME_API for one child process: `127.0.0.1:<port>/<token>` */
  async register(client: RuntimeClient): Promise<{ address: string; token: string }> {
    this.#port ??= listen(this.#server, '127.0.0.1');
    const port = await this.#port;
    const token = randomBytes(16).toString('hex');
    this.#clients.set(token, client);
    return { address: `127.0.0.1:${port}/${token}`, token };
  }

  /**
   * The same for a runtime that takes no path in AWS_LAMBDA_RUNTIME_API, as those of AWS's images: it gets a server of its
   * own. A random address of the loopback network stands for the token.
   * @returns `127.<random>:<port>`
   */
  async registerAlone(client: RuntimeClient): Promise<{ address: string; token: string }> {
    const server = this.#serve(() => client);
    const host = `127.${[...randomBytes(3)].map((byte) => Math.max(1, byte % 255)).join('.')}`;
    const address = `${host}:${await listen(server, host)}`;
    this.#own.set(address, server);
    return { address, token: address };
  }

  unregister(token: string): void {
    this.#clients.delete(token);
    const own = this.#own.get(token);
    this.#own.delete(token);
    if (own) close(own);
  }

  close(): void {
    for (const server of [this.#server, ...this.#own.values()]) close(server);
  }

  #serve(clientOf: (token: string | undefined) => RuntimeClient | undefined): Server {
    const server = createServer((request, response) => {
      request.socket.setNoDelay(true);
      void this.#answer(clientOf, request, response).catch(() => response.destroy());
    });
    // An idle environment waits in `next` for minutes: no limit on how long a request may take.
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.keepAliveTimeout = 0;
    return server;
  }

  async #answer(
    clientOf: (token: string | undefined) => RuntimeClient | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const match = route.exec(request.url ?? '');
    const [, token, initError, next, requestId = '', kind] = match ?? [];
    const client = match ? clientOf(token) : undefined;
    if (!client) {
      response.writeHead(404).end();
      return;
    }
    if (next) {
      client.next(response);
      return;
    }
    const body = await text(request);
    if (initError) client.initError(body);
    else client.result(requestId, kind === 'error' ? 'error' : 'response', body);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  }
}

async function listen(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The Runtime API has no port.');
  return address.port;
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
