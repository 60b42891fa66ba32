/** Calls to the API: values are checked here first, mutations carry an Idempotency-Key, what may pass is tried again. */
import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { CallOf, Client } from '../contract/client.ts';
import type { RouteOutput, RouteSpec } from '../contract/route.ts';
import type { OperationId, Routes } from '../contract/routes.ts';
import type { FieldProblem } from '../domain/error.ts';
import type { check as Check } from '../domain/validation/findings.ts';
import type { Connection } from './connection/find.ts';
import { EXIT } from './exit-codes.ts';
import { Failure, usageFailure } from './failure.ts';
import { MAY_PASS, withRetries } from './retry.ts';
import { isHopeless } from './unreachable.ts';

type CallArgument<Op extends OperationId> =
  Record<never, never> extends CallOf<Routes[Op]> ? [CallOf<Routes[Op]>?] : [CallOf<Routes[Op]>];

export interface Api<Op extends OperationId> {
  /** @throws Failure (values that the contract refuses) | ApiError | UnreachableError */
  call<O extends Op>(operation: O, ...call: CallArgument<O>): Promise<RouteOutput<Routes[O]>>;
  /** The response as it came, redirects not followed. */
  raw<O extends Op>(operation: O, call: CallOf<Routes[O]>): Promise<Response>;
  /** The same for who follows something: a server that does not answer, or wants to be asked later, is waited for. @param say told of each wait, and why, once */
  patient(say: (line: string) => void): Calls<Op>;
}

export type Calls<Op extends OperationId> = Pick<Api<Op>, 'call'>;

/** A call's parts with their types put away, to check them against the route's schemas. */
interface LooseCall {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

/** Checks a call against the route's own schemas, so that a mistyped id costs no request. @throws Failure usage */
function assertValid(spec: RouteSpec, call: LooseCall, check: typeof Check): void {
  const fields: FieldProblem[] = [];
  const secret = spec.secretBody ?? false;
  const look = (schema: z.ZodType, value: unknown, name: string) => {
    const result = check(schema, value, { syntax: 'json', secret });
    if ('value' in result) return;
    for (const { path, reason } of result.findings)
      fields.push({ field: path.length > 0 ? path.join('.') : name, message: reason });
  };
  for (const [name, schema] of Object.entries({ ...spec.params, ...spec.query }))
    look(schema, call.params?.[name] ?? call.query?.[name], name);
  if (spec.body !== undefined) look(spec.body, call.body, 'body');
  if (fields.length > 0)
    throw usageFailure('A value is not valid.', 'Correct the values that are named.', fields);
}

/** 45 s: more than API Gateway lets a request take (30 s), so that a silent connection does not hang for ever. */
const REQUEST_TIMEOUT_MS = 45_000;

/** `fetch` with a time limit that says, when asked, what it asked and what came. Tokens and queries are left out. */
const tellingFetch =
  (tell: (line: string) => void): typeof fetch =>
  async (input, init) => {
    const started = performance.now();
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const id = response.headers.get('x-request-id') ?? response.headers.get('apigw-requestid') ?? 'no id';
    const took = Math.round(performance.now() - started);
    tell(`${init?.method ?? 'GET'} ${url.pathname}: ${response.status} in ${took} ms (request ${id})`);
    return response;
  };

/**
 * The API at a connection. The contract is loaded with the first call, so that `--help` does not pay for it.
 * @param tell gets one line per request
 */
export function createApi(connect: () => Connection, tell: (line: string) => void): Api<OperationId> {
  let loaded: Promise<{ client: Client; contract: typeof import('../contract/client.ts') }> | undefined;
  const load = () => {
    const connection = connect();
    loaded ??= import('../contract/client.ts').then((contract) => ({
      contract,
      client: contract.createClient({
        url: connection.url,
        ...(connection.token !== undefined && { token: connection.token }),
        fetch: tellingFetch(tell),
        // Tried again here, and not twice.
        waits: 0,
      }),
    }));
    return loaded;
  };

  const send = async (
    operation: OperationId,
    call: LooseCall,
    how: 'call' | 'raw',
    say?: (line: string) => void,
  ): Promise<unknown> => {
    const said = new Set<string>();
    const { client, contract } = await load();
    const { ROUTES } = await import('../contract/routes.ts');
    const { check } = await import('../domain/validation/findings.ts');
    const spec: RouteSpec = ROUTES[operation];
    assertValid(spec, call, check);
    // One key for all attempts of one call: a POST whose answer was lost is not done twice.
    const keyed = spec.method === 'GET' ? call : { ...call, idempotencyKey: randomUUID() };
    const mayPass = (error: unknown) =>
      (error instanceof contract.UnreachableError && !isHopeless(error.cause)) ||
      (error instanceof contract.ApiError &&
        (MAY_PASS.includes(error.problem.status) || error.problem.code === 'idempotency_in_progress'));
    return withRetries(
      // The public signatures of Api are the client's own; here they are put away for all operations alike.
      () =>
        client[how](operation, keyed as never).catch((error: unknown) => {
          // A connection that breaks in the middle of a body: neither an answer of the API nor a wrong one.
          const broken =
            error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
          throw broken ? new contract.UnreachableError(connect().url, error) : error;
        }),
      mayPass,
      (error) => {
        tell(`trying again: ${error instanceof Error ? error.message : String(error)}`);
        const [reason, line] =
          error instanceof contract.ApiError
            ? [error.problem.code, `waiting to try again: ${error.problem.detail}`]
            : ['unreachable', `no answer from ${connect().url}; waiting for it`];
        if (!said.has(reason)) say?.(line);
        said.add(reason);
      },
      (error) => (error instanceof contract.ApiError ? error.retryAfter : undefined),
      say !== undefined,
    ).catch((error: unknown) => {
      if (error instanceof contract.ApiError || error instanceof contract.UnreachableError) throw error;
      throw new Failure(
        EXIT.unexpected,
        {
          code: 'unexpected_answer',
          detail: `The answer to ${spec.method} ${spec.path} is not one of this API.`,
          remedy: 'Check the URL with `staithe status`; the server may be of another version than this CLI.',
        },
        { cause: error },
      );
    });
  };
  return {
    call: ((operation: OperationId, call: LooseCall = {}) =>
      send(operation, call, 'call')) as Api<OperationId>['call'],
    patient: (say) => ({
      call: ((operation: OperationId, call: LooseCall = {}) =>
        send(operation, call, 'call', say)) as Api<OperationId>['call'],
    }),
    raw: ((operation: OperationId, call: LooseCall) =>
      send(operation, call, 'raw')) as Api<OperationId>['raw'],
  };
}
