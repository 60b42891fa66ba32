import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { statusOf } from '../../lib/contract/problem.ts';
import { GROUPS } from '../../lib/contract/route.ts';
import { ERRORS } from '../../lib/domain/error-codes.ts';
import { answerOf, document, exampleOf, operationOf, raw, routes } from './document.ts';

test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(JSON.parse(JSON.stringify(raw)));

  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(document.openapi).toMatch(/^3\.1\./);
});

test("its version is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

  expect(document.info.version).toBe(version);
});

test('no two operations share an id, a summary, or a method and path', () => {
  const operations = routes.map(([, spec]) => operationOf(spec));

  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  expect(new Set(operations.map(({ summary }) => summary)).size).toBe(routes.length);
  expect(new Set(routes.map(([, { method, path }]) => `${method} ${path}`)).size).toBe(routes.length);
});

test('every group of functions has routes, and every route a group', () => {
  expect(new Set(routes.map(([, { group }]) => group))).toEqual(new Set(GROUPS));
});

test.each(Object.entries(ERRORS))('the error %s says what to do', (_, { title, remedy }) => {
  expect(title).toMatch(/^[A-Z]/);
  expect(remedy).toMatch(/[.!]$/);
});

describe.each(routes)('%s', (operationId, spec) => {
  test('is in the document under its id, with the parameters of its path', () => {
    const operation = operationOf(spec);
    const inPath = [...spec.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

    expect(operation.operationId).toBe(operationId);
    expect(Object.keys(spec.params ?? {})).toEqual(inPath);
    expect(Object.keys(exampleOf(spec).params)).toEqual(inPath);
  });

  test('has examples that its own schemas accept', () => {
    const { params, query, body } = exampleOf(spec);

    for (const [shape, given] of [
      [spec.params, params],
      [spec.query, query],
    ] as const)
      expect(z.strictObject(shape ?? {}).safeParse(given).error?.issues ?? []).toEqual([]);
    if (spec.body !== undefined) expect(spec.body.safeParse(body).error?.issues ?? []).toEqual([]);
    if (spec.success.body !== null)
      expect(spec.success.body.safeParse(answerOf(spec)).error?.issues ?? []).toEqual([]);
  });

  test('gives its answer in the media types that it names, each with an example', () => {
    const { content = {} } = operationOf(spec).responses[String(spec.success.status)] ?? {};

    const json = spec.success.body === null ? [] : ['application/json'];
    expect(Object.keys(content)).toEqual([...json, ...Object.keys(spec.success.media ?? {})]);
    for (const [type, { example }] of Object.entries(spec.success.media ?? {}))
      expect(content[type]).toMatchObject({ example });
  });

  test('tells each error that it may give, with an example', () => {
    const { responses } = operationOf(spec);
    const expected = [
      ...(spec.errors ?? []),
      ...(spec.access === 'public' ? [] : (['unauthenticated', 'role_too_low'] as const)),
      ...(spec.params === undefined ? [] : (['not_found', 'validation_failed'] as const)),
      ...(spec.body === undefined ? [] : (['body_not_json', 'body_too_large'] as const)),
      'internal' as const,
    ];

    for (const code of expected) {
      const response = responses[String(statusOf(code))];
      expect(response?.description).toContain(`\`${code}\``);
      expect(response?.content?.['application/problem+json']?.examples?.[code]).toMatchObject({
        value: { code, status: statusOf(code), remedy: ERRORS[code].remedy },
      });
    }
  });

  test('takes a body only where there is one to take', () => {
    expect(spec.method === 'GET' || spec.method === 'DELETE' ? spec.body : undefined).toBeUndefined();
    expect(spec.rawBody ? spec.body : undefined).toBeUndefined();
  });
});
