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
  /^\/([0-9a-f]{32})\/2018-06-01\/runtime\/(?:(init\/error)|invocation\/(?:(next)|([^/]+)\/(response|error)))$/;

export class RuntimeApi {
  readonly #clients = new Map<string, RuntimeClient>();
  readonly #server: Server;
  #port: Promise<number> | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      request.socket.setNoDelay(true);
      void this.#answer(request, response).catch(() => response.destroy());
    });
    // An idle environment waits in `next` for minutes: no limit on how long a request may take.
    this.#server.requestTimeout = 0;
    this.#server.headersTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  /** @returns the value of AWS_LAMBDA_RUNTIME_API for one child process: `127.0.0.1:<port>/<token>` */
  async register(client: RuntimeClient): Promise<{ address: string; token: string }> {
    this.#port ??= this.#listen();
    const port = await this.#port;
    const token = randomBytes(16).toString('hex');
    this.#clients.set(token, client);
    return { address: `127.0.0.1:${port}/${token}`, token };
  }

  unregister(token: string): void {
    this.#clients.delete(token);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#server.unref();
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The Runtime API has no port.');
    return address.port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, token = '', initError, next, requestId = '', kind] = route.exec(request.url ?? '') ?? [];
    const client = this.#clients.get(token);
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

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
