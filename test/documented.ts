/** Every answer that a test sees is one that the OpenAPI document lists. */
import { expect } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../lib/contract/openapi.ts';

const Responses = z.record(
  z.string(),
  z.looseObject({ content: z.record(z.string(), z.unknown()).optional() }),
);
const Paths = z.record(z.string(), z.record(z.string(), z.looseObject({ responses: Responses })));

const routes = Object.entries(Paths.parse(openApiDocument('0.0.0', 'http://127.0.0.1').paths)).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replace(/\{\w+\}/g, '[^/]+')}$`),
      // A path without parameters is meant before one with them.
      parameters: path.split('{').length,
      responses,
    })),
);

/**
 * @param path as it was sent, with or without a query
 * @param contentType of the answer; null or undefined when it has none
 */
export function assertDocumented(
  method: string,
  path: string,
  status: number,
  contentType: string | null | undefined,
): void {
  const [plain = ''] = path.split('?');
  const [route] = routes
    .filter((one) => one.method === method && one.path.test(plain))
    .sort((a, b) => a.parameters - b.parameters);
  // What no route has the gateway answers, as it does a preflight of CORS.
  if (route === undefined) return;
  const response = route.responses[String(status)];
  expect(response, `${route.name} does not document ${status}`).toBeDefined();
  const type = contentType?.split(';')[0];
  // API Gateway gives answers without a body a type too.
  if (!type || response?.content === undefined) return;
  expect(Object.keys(response.content), `${route.name} ${status}`).toContain(type);
}
