/**
 * The port of a process group, which stays while replicas come and go. Requests and answers are streamed; an upgraded
 * connection (WebSocket) is handed through. Each request has a connection of its own to the replica: one that was kept
 * could be closed by the replica in the moment in which it is used again, and the request would be lost.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as open,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './balance.ts';

export interface Backends {
  /** @param tried those that did not accept the connection */
  choose(tried: ReadonlySet<Endpoint>): { endpoint: Endpoint; answered(status: number): void } | undefined;
  /** Why there is none, for the client. */
  whyNone(): string;
}

/** Headers of one connection, which are not for the next (RFC 9110, 7.6.1); an expectation has been met already. */
const OF_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect'];

export class GroupProxy {
  readonly #backends: Backends;
  readonly #server: Server;
  /** Connections that were upgraded, which the server does not close itself. */
  readonly #upgraded = new Set<Duplex>();

  constructor(backends: Backends) {
    this.#backends = backends;
    // Uploads and streams may take as long as they like; headers may not.
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 75_000 });
    this.#server.on('request', (request, response) => this.#serve(request, response, new Set()));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** @returns the port, which is another one only when 0 was asked for */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse, tried: Set<Endpoint>): void {
    const chosen = this.#backends.choose(tried);
    if (chosen === undefined) {
      refuse(request, response, 503, this.#backends.whyNone());
      return;
    }
    const { endpoint } = chosen;
    const release = hold(endpoint, response);
    const outgoing = open({
      ...{ host: '127.0.0.1', port: endpoint.port, agent: false },
      ...{ method: request.method, path: request.url, headers: forwarded(request) },
    });
    let connected = false;
    // Nothing of the body is taken before there is a connection, so that another replica can still have all of it.
    outgoing.once('socket', (socket) =>
      socket.once('connect', () => {
        connected = true;
        request.pipe(outgoing);
      }),
    );
    outgoing.once('response', (answer) => {
      chosen.answered(answer.statusCode ?? 502);
      response.writeHead(
        answer.statusCode ?? 502,
        answer.statusMessage,
        withoutConnection(answer.rawHeaders),
      );
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    outgoing.once('error', (error) => {
      release();
      if (response.destroyed) return;
      if (!connected) this.#serve(request, response, tried.add(endpoint));
      else {
        chosen.answered(502);
        if (response.headersSent) response.destroy();
        else refuse(request, response, 502, `The process ended the connection: ${error.message}.`);
      }
    });
    response.once('close', () => outgoing.destroy());
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const chosen = this.#backends.choose(new Set());
    if (chosen === undefined) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const { endpoint } = chosen;
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    hold(endpoint, socket);
    const headers = { ...forwarded(request), connection: 'Upgrade', upgrade: request.headers.upgrade };
    const outgoing = open({
      ...{ host: '127.0.0.1', port: endpoint.port, agent: false, method: request.method, path: request.url },
      headers,
    });
    outgoing.once('upgrade', (answer, other: Socket, rest) => {
      socket.write(`${headOf(answer)}\r\n`);
      other.write(head);
      socket.write(rest);
      other.once('error', () => socket.destroy());
      socket.once('error', () => other.destroy());
      socket.once('close', () => other.destroy());
      other.pipe(socket).pipe(other);
    });
    // The replica did not want to.
    outgoing.once('response', (answer) => {
      socket.write(`${headOf(answer)}connection: close\r\n\r\n`);
      answer.pipe(socket);
    });
    outgoing.once('error', () => socket.destroy());
    socket.once('error', () => outgoing.destroy());
    outgoing.end();
  }
}

/** Counts a request until its answer is over. */
function hold(endpoint: Endpoint, until: NodeJS.EventEmitter): () => void {
  let held = true;
  endpoint.inFlight += 1;
  const release = (): void => {
    if (held) endpoint.inFlight -= 1;
    held = false;
  };
  until.once('close', release);
  return release;
}

function forwarded(request: IncomingMessage): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = { ...request.headers };
  for (const name of [...OF_CONNECTION, ...namedByConnection(request.headers.connection)])
    delete headers[name];
  const client = request.socket.remoteAddress ?? '127.0.0.1';
  const earlier = request.headers['x-forwarded-for'];
  return {
    ...headers,
    'x-forwarded-for': earlier === undefined ? client : `${String(earlier)}, ${client}`,
    'x-forwarded-proto': 'http',
    ...(request.headers.host !== undefined && { 'x-forwarded-host': request.headers.host }),
  };
}

const namedByConnection = (header: string | undefined): string[] =>
  (header ?? '').split(',').map((name) => name.trim().toLowerCase());

/** Names and values by turns, as they came: a header may be there more than once. */
function withoutConnection(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    // Node frames the body anew.
    if (![...OF_CONNECTION, 'transfer-encoding'].includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  const headers = statusCode === 101 ? rawHeaders : withoutConnection(rawHeaders);
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join('\r\n')}\r\n`;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  request.resume();
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 503 && { 'retry-after': '1' }),
  });
  response.end(JSON.stringify({ message }));
}
