/** Calls to the API: values are validated first, mutations have an Idempotency-Key, transient errors are retried. */
import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { CallOf, Client } from '../../contract/client.ts';
import type { RouteOutput, RouteSpec } from '../../contract/route.ts';
import type { OperationId, Routes } from '../../contract/routes.ts';
import type { FieldProblem } from '../../domain/error.ts';
import type { check as Check } from '../../domain/validation/findings.ts';
import type { Connection } from '../connection/find.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure, usageFailure } from '../failure/failure.ts';
import { TRANSIENT_STATUSES, withRetries } from './retry.ts';
import { isPermanent } from './unreachable.ts';

type CallArgument<Op extends OperationId> =
  Record<never, never> extends CallOf<Routes[Op]> ? [CallOf<Routes[Op]>?] : [CallOf<Routes[Op]>];

export interface Api<Op extends OperationId> {
  /** @throws Failure (values that are not valid by the contract) | ApiError | UnreachableError */
  call<O extends Op>(operation: O, ...call: CallArgument<O>): Promise<RouteOutput<Routes[O]>>;
  /** The raw response; redirects are not followed. */
  raw<O extends Op>(operation: O, call: CallOf<Routes[O]>): Promise<Response>;
  /** Calls that are retried for minutes, for commands that follow something. @param notify gets each reason to wait, once */
  persistent(notify: (line: string) => void): Calls<Op>;
}

export type Calls<Op extends OperationId> = Pick<Api<Op>, 'call'>;

/** A call without its types, to validate it by the schemas of the route. */
interface LooseCall {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

/** Validates a call by the schemas of the route, so that a mistyped id costs no request. @throws Failure usage */
function assertValid(spec: RouteSpec, call: LooseCall, check: typeof Check): void {
  const fields: FieldProblem[] = [];
  const secret = spec.secretBody ?? false;
  const validate = (schema: z.ZodType, value: unknown, name: string) => {
    const result = check(schema, value, { syntax: 'json', secret });
    if ('value' in result) return;
    for (const { path, reason } of result.findings)
      fields.push({ field: path.length > 0 ? path.join('.') : name, message: reason });
  };
  for (const [name, schema] of Object.entries({ ...spec.params, ...spec.query }))
    validate(schema, call.params?.[name] ?? call.query?.[name], name);
  if (spec.body !== undefined) validate(spec.body, call.body, 'body');
  if (fields.length > 0)
    throw usageFailure('The command has values that are not valid.', 'Correct these values.', fields);
}

/** 45 s: longer than the limit of API Gateway for a request (30 s), so that a dead connection does not hang. */
const REQUEST_TIMEOUT_MS = 45_000;

/** `fetch` with a timeout that logs requests and responses, without tokens and queries. */
const loggingFetch =
  (log: (line: string) => void): typeof fetch =>
  async (input, init) => {
    const started = performance.now();
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const id = response.headers.get('x-request-id') ?? response.headers.get('apigw-requestid') ?? 'no id';
    const milliseconds = Math.round(performance.now() - started);
    log(`${init?.method ?? 'GET'} ${url.pathname}: ${response.status} in ${milliseconds} ms (request ${id})`);
    return response;
  };

/**
 * The API at a connection. The contract is loaded with the first call, so that `--help` does not pay for it.
 * @param log gets one line per request
 */
export function createApi(connect: () => Connection, log: (line: string) => void): Api<OperationId> {
  let loaded: Promise<{ client: Client; contract: typeof import('../../contract/client.ts') }> | undefined;
  const load = () => {
    const connection = connect();
    loaded ??= import('../../contract/client.ts').then((contract) => ({
      contract,
      client: contract.createClient({
        url: connection.url,
        ...(connection.token !== undefined && { token: connection.token }),
        fetch: loggingFetch(log),
        // Retried here.
        waits: 0,
      }),
    }));
    return loaded;
  };

  const send = async (
    operation: OperationId,
    call: LooseCall,
    method: 'call' | 'raw',
    notify?: (line: string) => void,
  ): Promise<unknown> => {
    const notified = new Set<string>();
    const { client, contract } = await load();
    const { ROUTES } = await import('../../contract/routes.ts');
    const { check } = await import('../../domain/validation/findings.ts');
    const spec: RouteSpec = ROUTES[operation];
    assertValid(spec, call, check);
    // One key for all attempts of a call: a POST whose response was lost is not applied twice.
    const keyed = spec.method === 'GET' ? call : { ...call, idempotencyKey: randomUUID() };
    const isTransient = (error: unknown) =>
      (error instanceof contract.UnreachableError && !isPermanent(error.cause)) ||
      (error instanceof contract.ApiError &&
        (TRANSIENT_STATUSES.includes(error.problem.status) ||
          error.problem.code === 'idempotency_in_progress'));
    return withRetries(
      // Api has the signatures of the client; here all operations are handled alike.
      () =>
        client[method](operation, keyed as never).catch((error: unknown) => {
          // The connection broke in the middle of a body.
          const isBroken =
            error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
          throw isBroken ? new contract.UnreachableError(connect().url, error) : error;
        }),
      isTransient,
      (error) => {
        log(`Retrying: ${error instanceof Error ? error.message : String(error)}`);
        const [reason, line] =
          error instanceof contract.ApiError
            ? [error.problem.code, `Waiting to retry: ${error.problem.detail}`]
            : ['unreachable', `Cannot reach ${connect().url}. Retrying.`];
        if (!notified.has(reason)) notify?.(line);
        notified.add(reason);
      },
      (error) => (error instanceof contract.ApiError ? error.retryAfter : undefined),
      notify !== undefined,
    ).catch((error: unknown) => {
      if (error instanceof contract.ApiError || error instanceof contract.UnreachableError) throw error;
      throw new Failure(
        EXIT.unexpected,
        {
          code: 'unexpected_answer',
          detail: `The response to ${spec.method} ${spec.path} does not match the API.`,
          remedy: 'Check the URL with `staithe status`; the version of the server may differ from this CLI.',
        },
        { cause: error },
      );
    });
  };
  return {
    call: ((operation: OperationId, call: LooseCall = {}) =>
      send(operation, call, 'call')) as Api<OperationId>['call'],
    persistent: (notify) => ({
      call: ((operation: OperationId, call: LooseCall = {}) =>
        send(operation, call, 'call', notify)) as Api<OperationId>['call'],
    }),
    raw: ((operation: OperationId, call: LooseCall) =>
      send(operation, call, 'raw')) as Api<OperationId>['raw'],
  };
}
