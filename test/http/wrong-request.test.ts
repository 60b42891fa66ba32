import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import { serve } from '../../lib/http/serve.ts';
import { STRANGER, ULID } from '../domain/world.ts';
import { REQUEST_ID } from './api.ts';
import { builds, ProjectsApi } from './projects-api.ts';

let api: ProjectsApi;
beforeEach(async () => {
  api = await ProjectsApi.start();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a request that is wrong', () => {
  const fieldsOf = (body: unknown) =>
    (body as { fields: { field: string }[] }).fields.map(({ field }) => field).sort();

  test('is told all that is wrong at once, each by its field', async () => {
    const answer = await api.create({ slug: 'Not A Slug', name: '', repository: 'x', color: 'red' });

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(fieldsOf(answer.body)).toEqual(['color', 'name', 'repository', 'slug']);
  });

  test('in path, query and body is told where', async () => {
    const query = await api.call({
      operation: 'listProjects',
      query: { limit: '0', cursor: 'a', page: '2' },
    });
    const both = await api.call({
      operation: 'updateProject',
      params: { project: 'NO' },
      body: { slug: 'other' },
    });

    expect(fieldsOf(query.body)).toEqual(['query.limit', 'query.page']);
    expect(fieldsOf(both.body)).toEqual(['path.project', 'slug']);
  });

  test.each(['1,2', 'many', '', '101', '1.5', 'NaN', 'Infinity', '0x10000'])(
    'in its limit (%j) is told so',
    async (limit) => {
      const answer = await api.call({ operation: 'listProjects', query: { limit } });

      expect(answer.status).toBe(400);
      expect(fieldsOf(answer.body)).toEqual(['query.limit']);
    },
  );

  test.each(['null', '[]', '"text"', '1', 'true'])(
    'as a body of %s is told what was expected',
    async (body) => {
      expect(await api.create(body)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', fields: [{ field: 'body' }] },
      });
    },
  );

  test('is told when it is not JSON', async () => {
    expect(await api.create('{"slug": ')).toMatchObject({ status: 400, body: { code: 'body_not_json' } });
  });

  test('is told what is missing when it has no body', async () => {
    const answer = await api.create(undefined);

    expect(fieldsOf(answer.body)).toEqual(['slug']);
  });

  test('beyond 1 MiB is refused, and counted in bytes', async () => {
    const just = await api.create(JSON.stringify({ slug: 'x'.repeat(1024 * 1024 - 11) }));
    const more = await api.create(JSON.stringify({ slug: 'ü'.repeat(1024 * 512) }));

    expect(just).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(more).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  test.each(['run', 'src', 'prj', 'bld_', `bld_${ULID}x`, `bld_${ULID.toLowerCase()}`, `run_${ULID}`])(
    'with the wrong kind of id (%s) is told the right one',
    async (build) => {
      const handler = serve('builds', ROUTES, builds(), api.place.ports);

      const answer = await api.call({ operation: 'getBuild', params: { build } }, handler);

      expect(answer).toMatchObject({
        status: 400,
        body: { fields: [{ field: 'path.build', message: expect.stringContaining('build') }] },
      });
    },
  );

  test('is a problem document with what to do', async () => {
    await api.create({ slug: 'taken' });

    const answer = await api.create({ slug: 'taken' });

    expect(answer).toEqual({
      status: 409,
      headers: { 'content-type': 'application/problem+json', 'x-request-id': REQUEST_ID },
      body: {
        type: 'urn:staithe:problem:slug_taken',
        title: 'Slug is already in use',
        status: 409,
        code: 'slug_taken',
        detail: "There is a project 'taken' already.",
        remedy: 'Choose another slug.',
        request_id: REQUEST_ID,
      },
    });
  });

  test('to a project of others is not told that it exists', async () => {
    const stranger = await api.call({
      operation: 'getProject',
      params: { project: 'hello' },
      actor: STRANGER,
    });
    const nothing = await api.call({ operation: 'getProject', params: { project: 'nothing' } });

    expect(stranger.status).toBe(404);
    expect(JSON.stringify(stranger.body).replaceAll('hello', 'nothing')).toBe(JSON.stringify(nothing.body));
  });
});
