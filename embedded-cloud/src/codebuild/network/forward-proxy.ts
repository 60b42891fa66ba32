/**
 * The proxy by which builds reach what is outside of their machines: an HTTP proxy (RFC 9110, 9.3.6 CONNECT, and requests
 * in absolute form) on a Unix socket. It alone decides; whoever has the socket may use it.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { nameFor, open, type Route, type Way, wayTo } from './connect.ts';
import { type Reach, Refused, Unknown } from './reach.ts';

/** All builds together: more than package managers open (npm: 15 each), fewer than would use up the server's files. */
const MAX_CONNECTIONS = 1_024;

/** Of one connection only (RFC 9110, 7.6.1), and what is between us and the build. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** @param environment where the machine's own proxy is named */
export function forwardProxy(reach: Reach, environment: NodeJS.ProcessEnv): Server {
  const server = createServer({ requestTimeout: 0, noDelay: true }, (incoming, response) => {
    passRequest(incoming, response, reach, environment).catch((error: unknown) => answer(response, error));
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    tunnel(incoming, socket, head, reach, environment).catch((error: unknown) => {
      const { status, text } = told(error);
      socket.end(
        `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      );
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function tunnel(
  incoming: IncomingMessage,
  socket: Socket,
  head: Buffer,
  reach: Reach,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const route = tunnelRoute(incoming.url ?? '');
  const way = await wayTo(route, reach, environment);
  const outward = await open(way);
  // With the machine's own proxy in between, its answer is the answer.
  if (way.upstream === undefined) socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
  else outward.write(connectRequest(route, way));
  outward.write(head);
  pipeline(socket, outward, () => undefined);
  pipeline(outward, socket, () => undefined);
}

function connectRequest(route: Route, way: Way): string {
  const name = nameFor(route, way);
  const { authorization } = way.upstream ?? {};
  const lines = [`CONNECT ${name} HTTP/1.1`, `host: ${name}`];
  if (authorization !== undefined) lines.push(`proxy-authorization: ${authorization}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function tunnelRoute(target: string): Route {
  const [, host = '', port = ''] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(target) ?? [];
  if (host === '' || Number(port) > 65_535) throw new Malformed(`CONNECT needs host:port, not '${target}'.`);
  return { scheme: 'https', host, port: Number(port) };
}

async function passRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  reach: Reach,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const url = absolute(incoming.url ?? '');
  const route: Route = { scheme: 'http', host: url.hostname, port: Number(url.port || 80) };
  const way = await wayTo(route, reach, environment);
  const socket = await open(way);
  const path = `${url.pathname}${url.search}`;
  const { authorization } = way.upstream ?? {};
  const outward = request({
    method: incoming.method,
    path: way.upstream === undefined ? path : `http://${nameFor(route, way)}${path}`,
    headers: {
      ...Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.has(name))),
      host: url.host,
      ...(authorization !== undefined && { 'proxy-authorization': authorization }),
    },
    createConnection: () => socket,
  });
  await new Promise<void>((resolve, reject) => {
    outward.once('error', reject);
    outward.once('response', (answered) => {
      const headers = Object.entries(answered.headers).filter(([name]) => !HOP_BY_HOP.has(name));
      response.writeHead(answered.statusCode ?? 502, Object.fromEntries(headers));
      pipeline(answered, response, () => resolve());
    });
    pipeline(incoming, outward, (error) => {
      if (error) reject(error);
    });
  }).finally(() => socket.destroy());
}

class Malformed extends Error {}

function absolute(target: string): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url?.protocol === 'http:') return url;
  throw new Malformed(`This is a proxy. Ask it for http:// URLs, or with CONNECT, not for '${target}'.`);
}

function told(error: unknown): { status: string; text: string } {
  const text = `${error instanceof Error ? error.message : String(error)}\n`;
  if (error instanceof Malformed) return { status: '400 Bad Request', text };
  if (error instanceof Refused) return { status: '403 Forbidden', text };
  if (error instanceof Unknown) return { status: '502 Bad Gateway', text };
  return { status: '502 Bad Gateway', text: `The proxy of builds got no answer: ${text}` };
}

function answer(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, text } = told(error);
  response.writeHead(Number.parseInt(status, 10), { 'content-type': 'text/plain', connection: 'close' });
  response.end(text);
}
