/** A server that keeps the contract: it validates requests and its own answers by the table of routes. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { problemOf } from '../../lib/contract/problem.ts';
import type { RouteInput, RouteOutput, RouteSpec } from '../../lib/contract/route.ts';
import { type OperationId, ROUTES, type Routes } from '../../lib/contract/routes.ts';
import { StaitheError } from '../../lib/domain/error.ts';

/** A redirect, for the routes that answer 302. */
export interface Redirect {
  readonly location: string;
}
type Handler<Op extends OperationId> = (
  input: RouteInput<Routes[Op]>,
) => RouteOutput<Routes[Op]> | Redirect | Promise<RouteOutput<Routes[Op]> | Redirect>;
export type Handlers = { readonly [Op in OperationId]?: Handler<Op> };

export interface Recorded {
  readonly operation: OperationId;
  readonly headers: IncomingHttpHeaders;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ContractServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: Recorded[];
  /** Of one operation, in their order. */
  of(operation: OperationId): Recorded[];
}

type LooseHandler = (input: unknown) => unknown;

/** Most exact first: a path with a literal where another has a parameter comes before it. */
const table = (Object.entries(ROUTES) as [OperationId, RouteSpec][])
  .map(([operation, spec]) => {
    const names = [...spec.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const pattern = new RegExp(`^${spec.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)')}$`);
    return { operation, spec, names, pattern };
  })
  .sort((a, b) => a.names.length - b.names.length);

function parse(shape: Record<string, z.ZodType> | undefined, values: Record<string, unknown>) {
  const result = z.object(shape ?? {}).safeParse(values);
  if (result.success) return result.data;
  throw new StaitheError('validation_failed', 'Request is not valid.', {
    fields: result.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message })),
  });
}

/** Whatever is not of the API, e.g. presigned URLs. Says whether it has answered. */
export type Elsewhere = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: Handlers,
  requests: Recorded[],
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server');
  const body = (await buffer(request)).toString();
  const found = table.find(
    (entry) => entry.spec.method === request.method && entry.pattern.test(url.pathname),
  );
  const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-1', ...headers });
    response.end(value === undefined ? undefined : JSON.stringify(value));
  };
  try {
    if (found === undefined) throw new StaitheError('not_found', `There is no route ${url.pathname}.`);
    const { operation, spec } = found;
    const query = Object.fromEntries(url.searchParams);
    requests.push({ operation, headers: request.headers, query, body });
    const words = found.pattern.exec(url.pathname)?.slice(1).map(decodeURIComponent) ?? [];
    const params = parse(spec.params, Object.fromEntries(found.names.map((name, at) => [name, words[at]])));
    const given =
      spec.body === undefined ? undefined : parse({ body: spec.body }, { body: JSON.parse(body) });
    const handler = handlers[operation] as LooseHandler | undefined;
    if (handler === undefined) throw new StaitheError('not_found', `Nothing was found for ${operation}.`);
    const result = await handler({ params, query: parse(spec.query, query), body: given?.body });
    if (spec.success.status === 302) send(302, undefined, z.object({ location: z.string() }).parse(result));
    else send(spec.success.status, spec.success.body?.parse(result));
  } catch (error) {
    if (error instanceof StaitheError) {
      const problem = problemOf(error, 'req-1');
      send(problem.status, problem);
    } else send(500, { message: String(error) });
  }
}

/** Starts it on a free port of this machine. @param tls a certificate and its key, PEM, to speak https with; for localhost */
export async function startContractServer(
  handlers: Handlers,
  elsewhere: Elsewhere = () => false,
  tls?: { readonly cert: string; readonly key: string },
): Promise<ContractServer> {
  const requests: Recorded[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    if (!(await elsewhere(request, response))) await answer(request, response, handlers, requests);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${(server.address() as AddressInfo).port}`,
    requests,
    of: (operation) => requests.filter((request) => request.operation === operation),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
