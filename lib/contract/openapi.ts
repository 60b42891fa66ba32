/** The OpenAPI 3.1 document, made from the table of routes (https://spec.openapis.org/oas/v3.1.1). */
import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../domain/error-codes.ts';
import { errorsOf, gatewayAnswersOf, takesKey } from './answers.ts';
import { GatewayMessage, Problem, statusOf } from './problem.ts';
import type { RouteSpec } from './route.ts';
import { ROUTES } from './routes.ts';

type Json = Record<string, unknown>;

/** JSON Schema 2020-12, which OpenAPI 3.1 uses as it is. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function errorResponses(spec: RouteSpec): Json {
  const codes = Map.groupBy(errorsOf(spec), statusOf);
  const gateway = gatewayAnswersOf(spec);
  const statuses = [...new Set([...codes.keys(), ...gateway.keys()])].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [String(status), errorResponse(codes.get(status) ?? [], gateway.get(status))]),
  );
}

function errorResponse(codes: readonly ErrorCode[], gateway: string | undefined): Json {
  const problems = codes.length > 0 && {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }])),
    },
  };
  const message = gateway !== undefined && {
    'application/json': {
      schema: { $ref: '#/components/schemas/GatewayMessage' },
      example: { message: 'Too Many Requests' },
    },
  };
  return {
    description: [
      ...codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`),
      ...(gateway === undefined ? [] : [gateway]),
    ].join('; '),
    content: { ...problems, ...message },
  };
}

const problemExample = (code: ErrorCode): Json => ({
  type: `urn:staithe:problem:${code}`,
  title: ERRORS[code].title,
  status: statusOf(code),
  code,
  detail: ERRORS[code].title,
  remedy: ERRORS[code].remedy,
  request_id: 'JKJaXmPLvHcESHA=',
});

/** An example of a JSON schema: the given one, or the plainest value that it allows. */
function exampleOf(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return null;
  const {
    examples,
    default: preset,
    enum: choices,
    const: only,
    anyOf,
    oneOf,
    type,
    properties,
    items,
  } = schema as Json;
  if (Array.isArray(examples)) return examples[0];
  if (only !== undefined) return only;
  if (preset !== undefined) return preset;
  if (Array.isArray(choices)) return choices[0];
  if (Array.isArray(oneOf)) return exampleOf(oneOf[0]);
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0]);
  if (type === 'object')
    return Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, member]) => [name, exampleOf(member)]),
    );
  if (type === 'array') return [exampleOf(items)];
  return plainValue(schema as Json);
}

function plainValue(schema: Json): unknown {
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer' || schema.type === 'number')
    return Math.max(1, typeof schema.minimum === 'number' ? schema.minimum : 1);
  if (schema.type !== 'string') return null;
  if (schema.format === 'uri') return 'https://example.com/';
  if (schema.format === 'uuid') return '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20';
  if (schema.format === 'date-time') return '2026-11-21T09:30:00.000Z';
  return 'text';
}

function parametersOf(spec: RouteSpec): Json[] {
  const of = (location: 'path' | 'query', shape: RouteSpec['params']): Json[] =>
    Object.entries(shape ?? {}).map(([name, type]) => ({
      name,
      in: location,
      required: location === 'path' || !type.safeParse(undefined).success,
      schema: schemaOf(type, 'input'),
      example: exampleOf(schemaOf(type, 'input')) ?? 'text',
    }));
  const key = takesKey(spec) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : [];
  return [...of('path', spec.params), ...of('query', spec.query), ...key];
}

function bodyOf(spec: RouteSpec): Json {
  if (spec.rawType !== undefined)
    // Bytes as they are have no schema (OpenAPI 3.1.1, "Considerations for File Uploads").
    return { requestBody: { required: true, content: { [spec.rawType]: {} } } };
  if (spec.rawBody)
    return {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { type: 'object' }, example: {} } },
      },
    };
  if (spec.body === undefined) return {};
  const schema = schemaOf(spec.body, 'input');
  return {
    requestBody: {
      required: !spec.body.safeParse({}).success,
      content: { 'application/json': { schema, example: exampleOf(schema) } },
    },
  };
}

function successOf(spec: RouteSpec): Json {
  const { body, description, status, media = {}, headers: described = {} } = spec.success;
  const headers: Json = {
    'x-request-id': { schema: { type: 'string' } },
    ...Object.fromEntries(
      Object.entries(described).map(([name, text]) => [
        name,
        { description: text, schema: { type: 'string' } },
      ]),
    ),
    ...(status === 302 && { location: { schema: { type: 'string', format: 'uri' } } }),
  };
  if (body === null) return { description, headers };
  const schema = schemaOf(body, 'output');
  const others = Object.entries(media).map(([type, { example }]) => [
    type,
    { schema: { type: 'string' }, example },
  ]);
  const content = {
    'application/json': { schema, example: exampleOf(schema) },
    ...Object.fromEntries(others),
  };
  return { description, headers, content };
}

function accessText({ access, scope }: RouteSpec): string {
  if (access === 'public') return 'Requires no token.';
  if (access === 'job') return "Needs: the job's own token.";
  if (access === 'job_or_viewer') return "Needs: the job's own token, or the role viewer.";
  return `Needs: the role ${access}${scope === undefined ? '' : ' in the whole installation'}.`;
}

function operationOf(operationId: string, spec: RouteSpec): Json {
  return {
    operationId,
    summary: spec.summary,
    tags: [spec.group],
    description: accessText(spec),
    security: spec.access === 'public' ? [] : [{ token: [] }],
    parameters: parametersOf(spec),
    ...bodyOf(spec),
    responses: { [String(spec.success.status)]: successOf(spec), ...errorResponses(spec) },
  };
}

/** @param version of the software; @param url where the API answers, for `servers` */
export function openApiDocument(version: string, url: string): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, spec] of Object.entries<RouteSpec>(ROUTES)) {
    paths[spec.path] ??= {};
    const path = paths[spec.path];
    if (path !== undefined) path[spec.method.toLowerCase()] = operationOf(operationId, spec);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Staithe',
      version,
      summary: 'Builds, artifacts, releases and deployments.',
      description:
        'Every change of state is also published as an event on EventBridge; docs/events.md of the project describes them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token, or the token of a job.' },
      },
      schemas: {
        Problem: schemaOf(Problem, 'output'),
        GatewayMessage: schemaOf(GatewayMessage, 'output'),
      },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'Repeated requests with the same key and body get the same response for 24 hours.',
          schema: { type: 'string', maxLength: 255 },
          example: '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20',
        },
      },
    },
  };
}
