/** A valid request for every route, made of the examples of the API's own OpenAPI document. */
import * as z from 'zod';
import { openApiDocument } from '../../lib/contract/openapi.ts';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { type OperationId, ROUTES } from '../../lib/contract/routes.ts';

export interface ExampleRequest {
  readonly operation: OperationId;
  readonly spec: RouteSpec;
  /** Values for the path. The ids are well-formed, and of nothing that exists. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const Parameter = z.object({ name: z.string(), in: z.string(), required: z.boolean(), example: z.unknown() });
const Operation = z.object({
  operationId: z.string(),
  parameters: z.array(z.union([Parameter, z.object({ $ref: z.string() })])),
  requestBody: z
    // Bytes have no example: such a request is sent without a body.
    .object({ content: z.object({ 'application/json': z.object({ example: z.unknown() }).optional() }) })
    .optional(),
});
const Paths = z.record(z.string(), z.record(z.string(), Operation));

const isOperation = (id: string): id is OperationId => id in ROUTES;

/** One request a route, in the order of the table. */
export const EXAMPLES: readonly ExampleRequest[] = Object.values(
  Paths.parse(openApiDocument('0.0.0', 'http://127.0.0.1').paths),
)
  .flatMap((methods) => Object.values(methods))
  .map(({ operationId, parameters, requestBody }) => {
    if (!isOperation(operationId)) throw new Error(`There is no operation ${operationId}.`);
    const valuesIn = (place: string) =>
      Object.fromEntries(
        parameters
          .filter((parameter) => 'name' in parameter)
          .filter((parameter) => parameter.in === place && parameter.required)
          .map(({ name, example }) => [name, String(example)]),
      );
    return {
      operation: operationId,
      spec: ROUTES[operationId],
      params: valuesIn('path'),
      query: valuesIn('query'),
      body: requestBody?.content['application/json']?.example,
    };
  });

/** The path and query of a request. */
export function pathOf(
  { spec }: Pick<ExampleRequest, 'spec'>,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>> = {},
): string {
  const path = spec.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}
