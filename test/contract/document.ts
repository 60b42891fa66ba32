/** The OpenAPI document, read with the little that tests need of its shape. */
import * as z from 'zod';
import { openApiDocument } from '../../lib/contract/openapi.ts';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { VERSION } from '../../lib/contract/version.ts';

const Content = z.record(
  z.string(),
  z.looseObject({ example: z.unknown().optional(), examples: z.record(z.string(), z.unknown()).optional() }),
);
const Parameter = z.union([
  z.object({ $ref: z.string() }),
  z.looseObject({ name: z.string(), in: z.string(), required: z.boolean(), example: z.unknown().optional() }),
]);
const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  parameters: z.array(Parameter),
  requestBody: z.looseObject({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string(), content: Content.optional() })),
});
const Document = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
});

export const raw = openApiDocument(VERSION, 'https://api.example.com');
export const document = Document.parse(JSON.parse(JSON.stringify(raw)));
export const routes: [string, RouteSpec][] = Object.entries<RouteSpec>(ROUTES);

export function operationOf(spec: RouteSpec): z.infer<typeof Operation> {
  const operation = document.paths[spec.path]?.[spec.method.toLowerCase()];
  if (operation === undefined) throw new Error(`The document has no ${spec.method} ${spec.path}.`);
  return operation;
}

/** The example of a request: values of its parameters, and its body. */
export function exampleOf(spec: RouteSpec) {
  const { parameters, requestBody } = operationOf(spec);
  const of = (place: string) =>
    Object.fromEntries(
      parameters.flatMap((parameter) =>
        'name' in parameter && parameter.in === place ? [[parameter.name, String(parameter.example)]] : [],
      ),
    );
  return { params: of('path'), query: of('query'), body: requestBody?.content['application/json']?.example };
}

/** The example of a route's success. */
export function answerOf(spec: RouteSpec): unknown {
  return operationOf(spec).responses[String(spec.success.status)]?.content?.['application/json']?.example;
}
