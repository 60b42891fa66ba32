/** Headers on their way through the proxy of a process group. */
import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http';

/** Headers of one connection, which are not for the next (RFC 9110, 7.6.1); an expectation has been met already. */
const OF_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect'];

export function forwarded(request: IncomingMessage): IncomingHttpHeaders {
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
export function withoutConnection(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    // Node frames the body anew.
    if (![...OF_CONNECTION, 'transfer-encoding'].includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/** The head of an answer on a connection that was to be upgraded. The reason phrase is ours: a replica's may have anything in it. */
export function headOf({ statusCode = 502, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`];
  const headers = statusCode === 101 ? rawHeaders : withoutConnection(rawHeaders);
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join('\r\n')}\r\n`;
}

/** Whether an answer can be passed on: the parser takes any three digits. */
export const hasStatus = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 100 && statusCode <= 999;

/** Other upgrades are offers only (`h2c`), and may come with a body: they are served as ordinary requests. */
export const isWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
