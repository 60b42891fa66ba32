/**
 * The port of a process group, which stays while replicas come and go. Requests and answers are streamed; an upgraded
 * connection (WebSocket) is handed through. Each request has a connection of its own to the replica: one that was kept
 * could be closed by the replica in the moment in which it is used again, and the request would be lost.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as open,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './balance.ts';
import { PatientSocket } from './patient-socket.ts';
import { forwarded, hasStatus, headOf, isWebSocket, withoutConnection } from './proxy-headers.ts';

export interface Backends {
  /** @param tried those that did not accept the connection */
  choose(tried: ReadonlySet<Endpoint>): { endpoint: Endpoint; answered(status: number): void } | undefined;
  /** Why there is none, for the client. */
  whyNone(): string;
}

export class GroupProxy {
  readonly #backends: Backends;
  readonly #server: Server;
  /** Connections that were upgraded, which the server does not close itself. */
  readonly #upgraded = new Set<Duplex>();

  constructor(backends: Backends) {
    this.#backends = backends;
    // Uploads and streams may take as long as they like; headers may not.
    this.#server = createServer({
      ...{ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 75_000 },
      shouldUpgradeCallback: isWebSocket,
    });
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
      ...{ method: request.method, path: request.url, headers: forwarded(request) },
      createConnection: () => new PatientSocket().connect(endpoint.port, '127.0.0.1'),
    });
    let connected = false;
    let answer: IncomingMessage | undefined;
    let failure = 'it gave no answer';
    // Nothing of the body is taken before there is a connection, so that another replica can still have all of it.
    outgoing.once('socket', (socket) =>
      socket.once('connect', () => {
        connected = true;
        request.pipe(outgoing);
      }),
    );
    outgoing.once('response', (its) => {
      answer = its;
      chosen.answered(hasStatus(its) ? (its.statusCode ?? 502) : 502);
      // What is still to come of a body is not wanted then, and does not keep the client from reading the answer.
      its.once('end', () => request.unpipe(outgoing).resume());
      passOn(its, request, response);
    });
    outgoing.on('error', ({ message }) => {
      failure = message;
    });
    outgoing.once('close', () => {
      release();
      if (response.destroyed || answer?.complete) return;
      if (answer !== undefined) response.destroy();
      else if (!connected) this.#serve(request, response, tried.add(endpoint));
      else {
        chosen.answered(502);
        request.unpipe(outgoing);
        refuse(request, response, 502, `The process ended the connection: ${failure}.`);
      }
    });
    response.once('close', () => outgoing.destroy());
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Before anything else: a client may go at any time, and an error without a listener would end the cloud.
    socket.on('error', () => socket.destroy());
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
      socket.write(`${headOf(answer)}\r\n`, 'latin1');
      other.write(head);
      socket.write(rest);
      other.on('error', () => socket.destroy());
      socket.once('close', () => other.destroy());
      other.pipe(socket).pipe(other);
    });
    // The replica did not want to.
    outgoing.once('response', (answer) => {
      if (!hasStatus(answer)) {
        socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        outgoing.destroy();
        return;
      }
      socket.write(`${headOf(answer)}connection: close\r\n\r\n`, 'latin1');
      answer.on('error', () => socket.destroy());
      answer.pipe(socket);
    });
    outgoing.on('error', () => socket.destroy());
    socket.once('close', () => outgoing.destroy());
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

/** An answer that HTTP does not allow is the replica's fault, and no reason for the cloud to end. */
function passOn(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, rawHeaders } = answer;
  answer.on('error', () => response.destroy());
  try {
    // Without its reason phrase, which may have anything in it.
    response.writeHead(statusCode, STATUS_CODES[statusCode] ?? '', withoutConnection(rawHeaders));
    answer.pipe(response);
  } catch (error) {
    answer.resume();
    const why = error instanceof Error ? error.message : String(error);
    refuse(request, response, 502, `The process gave an answer that is no HTTP: ${why}.`);
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  request.resume();
  response.writeHead(status, STATUS_CODES[status], {
    'content-type': 'application/json',
    ...(status === 503 && { 'retry-after': '1' }),
  });
  response.end(JSON.stringify({ message }));
}
