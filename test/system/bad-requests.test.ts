import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { build, digestOf, functionTree, newProject, pack, upload } from './flow.ts';
import { problemIn } from './problem.ts';
import { EXAMPLES, type ExampleRequest, pathOf } from './requests.ts';
import { type HttpRequest, type Staithe, startStaithe } from './server.ts';
import { tableUnchanged } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const problemOf = async (method: string, path: string, request?: HttpRequest) =>
  problemIn(await staithe.http(method, path, request));

/** What the agent of a job may send is asked for with tokens of jobs, in access.test.ts. */
const forTokens = EXAMPLES.filter(({ spec }) => spec.access !== 'job');
const withBody = forTokens.filter(({ spec }) => spec.body !== undefined);
const problemWith = (example: ExampleRequest, body: unknown, headers: Record<string, string> = {}) =>
  problemOf(example.spec.method, pathOf(example, example.params), { body, headers });
const unchanged = <T>(act: () => Promise<T>) => tableUnchanged(staithe, act);

describe('a request that is wrong in itself changes nothing and', () => {
  const withIds = forTokens.filter(
    ({ params, query, operation }) =>
      ({ ...params, ...query }).project !== undefined ||
      (Object.keys(params).length > 0 && operation !== 'claimJob'),
  );
  it.each(withIds)('$operation of something unknown is a 404', async (example) => {
    const { spec, params, query, body } = example;
    const problem = await unchanged(() => problemOf(spec.method, pathOf(example, params, query), { body }));
    expect(problem).toMatchObject({ status: 404, code: 'not_found' });
    const named = [...Object.values({ ...params, ...query }), Object(body).project];
    expect(named.some((value) => problem.detail.includes(`'${value}'`))).toBe(true);
  });

  const parameters = forTokens.flatMap((example) =>
    Object.keys(example.params).map((name) => ({ operation: example.operation, name, example })),
  );
  it.each(parameters)('$operation with a {$name} of the wrong kind is a 400 that names it', async (one) => {
    const { example, name } = one;
    const wrong = ['tok_01JZX3V5N8Q2R4T6W8Y0A1B2C3', 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3', '-no-'].find(
      (value) => example.spec.params?.[name]?.safeParse(value).success === false,
    );
    const path = pathOf(example, { ...example.params, [name]: wrong ?? '' }, example.query);
    const problem = await unchanged(() => problemOf(example.spec.method, path, { body: example.body }));
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem.fields?.map(({ field }) => field)).toEqual([`path.${name}`]);
  });

  it.each(withBody)('$operation with a body that is no JSON is a 400', async (example) => {
    for (const body of ['{"a":', 'slug=x', '\u0000']) {
      const problem = await problemWith(example, body);
      expect(problem).toMatchObject({ status: 400, code: 'body_not_json' });
    }
  });

  it.each(withBody)('$operation with a body that is not UTF-8 is refused', async (example) => {
    const latin1 = Buffer.from('{"name":"café"}', 'latin1');
    const sent = (type: string) => problemWith(example, latin1, { 'content-type': type });

    for (const type of ['application/json; charset=ISO-8859-1', 'text/plain;charset="latin1"'])
      expect(await sent(type)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/octet-stream'])
      expect(await sent(type)).toMatchObject({
        status: 400,
        code: 'body_not_json',
        detail: expect.stringContaining('not UTF-8'),
      });
  });

  it.each(withBody)('$operation with a body that is no object is a 400', async (example) => {
    for (const body of ['null', '[]', '"text"', '1']) {
      const problem = await problemWith(example, body);
      expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
      expect(problem.fields).toHaveLength(1);
    }
  });

  it.each(withBody)('$operation with a field that is not its own is a 400 that names it', async (example) => {
    const body = { ...z.record(z.string(), z.unknown()).parse(example.body), bogus: 1, __proto__x: 2 };
    const problem = await problemWith(example, body);
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem.fields?.map(({ field }) => field)).toEqual(['bogus', '__proto__x']);
  });

  it.each(withBody)('$operation with wrong types is a 400 that names every field', async (example) => {
    const names = Object.keys(
      z.toJSONSchema(example.spec.body ?? z.never(), { io: 'input' }).properties ?? {},
    );
    const body = Object.fromEntries(names.map((name) => [name, { 'Wrong Name': [true] }]));
    const problem = await problemWith(example, body);
    const fields = new Set(problem.fields?.map(({ field }) => field.split('.')[0]));
    expect(names.length).toBeGreaterThan(0);
    expect(fields).toEqual(new Set(names));
  });

  it('a body above 1 MiB is a 413, on every route that takes one', async () => {
    const body = JSON.stringify({ slug: 'x'.repeat(1024 * 1024) });
    for (const example of withBody) {
      const problem = await problemWith(example, body);
      expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
    }
  });

  it('a query parameter that is unknown or out of range is a 400 that names it', async () => {
    const lists = EXAMPLES.filter(({ spec }) => spec.query?.limit !== undefined);
    for (const example of lists)
      for (const [name, value] of [
        ['bogus', '1'],
        ['limit', '0'],
        ['limit', '100000'],
        ['limit', 'ten'],
        ['limit', '1.5'],
      ] as const) {
        const query = { ...example.query, [name]: value };
        const problem = await problemOf('GET', pathOf(example, example.params, query));
        expect(problem.fields?.map(({ field }) => field)).toEqual([`query.${name}`]);
      }
  });

  it('a route that does not exist is a 404, a wrong method too', async () => {
    expect(await staithe.http('GET', '/v1/nothing')).toMatchObject({ status: 404 });
    expect(await staithe.http('PATCH', '/v1/tokens')).toMatchObject({ status: 404 });
  });

  it('an Idempotency-Key that is none is a 400 that names the header', async () => {
    for (const key of ['with space', 'x'.repeat(256)]) {
      const problem = await problemOf('POST', '/v1/projects', {
        body: { slug: 'never' },
        headers: { 'idempotency-key': key },
      });
      expect(problem.fields?.map(({ field }) => field)).toEqual(['header.idempotency-key']);
    }
    expect(await problemOf('GET', '/v1/projects/never')).toMatchObject({ code: 'not_found' });
  });
});

describe('a request that is right in form but not in this state', () => {
  const project = () => newProject(staithe.client);

  it('is refused when a cursor is none, or one of another list', async () => {
    const slugs = [await project(), await project()];
    const page = await staithe.client.call('listProjects', { query: { limit: 1 } });
    const tokens = await staithe.http('GET', `/v1/tokens?cursor=${page.next_cursor}`);

    expect(await problemOf('GET', '/v1/projects?cursor=nonsense')).toMatchObject({ code: 'invalid_cursor' });
    expect(
      await problemOf('GET', `/v1/projects/${slugs[0]}/environments?cursor=${page.next_cursor}`),
    ).toMatchObject({ code: 'invalid_cursor' });
    // A position in another partition of the index is a position: it may be empty, and shows nothing of the other.
    expect(JSON.stringify(tokens.body)).not.toContain(slugs[1]);
  });

  it('a second project with the slug is a 409', async () => {
    const slug = await project();
    expect(await unchanged(() => problemOf('POST', '/v1/projects', { body: { slug } }))).toMatchObject({
      status: 409,
      code: 'slug_taken',
    });
  });

  it('cancelling what has ended is a 409, of the build and of the run', async () => {
    const { buildId, runId } = await build(staithe.client, await project(), functionTree('x'));
    for (const path of [`/v1/builds/${buildId}/cancel`, `/v1/runs/${runId}/cancel`]) {
      const problem = await problemOf('POST', path);
      expect(problem).toMatchObject({ status: 409, code: 'wrong_state' });
      expect(problem.detail).toContain('completed');
    }
  });

  it('cancelling a build that never ran is a 409', async () => {
    const slug = await project();
    const source = await upload(staithe.client, slug, pack(functionTree('x')));
    const { id } = await staithe.client.call('createBuild', {
      params: { project: slug },
      body: { source_id: source.id, start: false },
    });
    expect(await problemOf('POST', `/v1/builds/${id}/cancel`)).toMatchObject({ code: 'wrong_state' });
  });

  it('a second release with the version or the tag is a 409, and takes neither name', async () => {
    const slug = await project();
    const { buildId } = await build(staithe.client, slug, functionTree('x'));
    const releases = `/v1/projects/${slug}/releases`;
    const cut = (body: object) => staithe.http('POST', releases, { body: { build_id: buildId, ...body } });
    expect((await cut({ version: '1.0.0', tag: 'a' })).status).toBe(201);

    expect(problemIn(await cut({ version: '1.0.0', tag: 'b' }))).toMatchObject({ code: 'version_taken' });
    expect(problemIn(await cut({ version: '1.0.1', tag: 'a' }))).toMatchObject({ code: 'tag_taken' });

    expect((await cut({ version: '1.0.1', tag: 'b' })).status).toBe(201);
  });

  it('a release of a build without a completed run is a 422', async () => {
    const slug = await project();
    const { buildId } = await build(staithe.client, slug, { 'readme.txt': 'no manifest' });
    const problem = await problemOf('POST', `/v1/projects/${slug}/releases`, {
      body: { build_id: buildId, version: '1.0.0' },
    });
    expect(problem).toMatchObject({ status: 422, code: 'nothing_to_release' });
    expect(problem.detail).toContain('failed');
  });

  it('a build of a source whose upload never came is a 409, and makes no build', async () => {
    const slug = await project();
    const bytes = pack(functionTree('never uploaded'));
    const source = await staithe.client.call('createSource', {
      params: { project: slug },
      body: { sha256: digestOf(bytes), size_bytes: bytes.length },
    });
    const problem = await unchanged(() =>
      problemOf('POST', `/v1/projects/${slug}/builds`, { body: { source_id: source.id } }),
    );
    expect(problem).toMatchObject({ status: 409, code: 'source_not_uploaded' });
  });

  it("a build of another project's source, and a release of another project's build, are 404s", async () => {
    const [one, other] = [await project(), await project()];
    const source = await upload(staithe.client, one, pack(functionTree('x')));
    const { buildId } = await build(staithe.client, one, functionTree('x'));
    const wanted = { code: 'not_found' };
    const to = `/v1/projects/${other}`;
    expect(await problemOf('POST', `${to}/builds`, { body: { source_id: source.id } })).toMatchObject(wanted);
    const body = { build_id: buildId, version: '1.0.0' };
    expect(await problemOf('POST', `${to}/releases`, { body })).toMatchObject(wanted);
  });

  it('the same bytes announced with another size or format are a 400', async () => {
    const slug = await project();
    const path = `/v1/projects/${slug}/sources`;
    const body = { sha256: digestOf(Buffer.from('a')), size_bytes: 10 };
    expect((await staithe.http('POST', path, { body })).status).toBe(201);
    for (const other of [{ size_bytes: 11 }, { format: 'zip' }])
      expect(await problemOf('POST', path, { body: { ...body, ...other } })).toMatchObject({
        status: 400,
        code: 'validation_failed',
      });
  });

  it('a project with builds cannot be deleted, an empty one can', async () => {
    const [full, empty] = [await project(), await project()];
    await build(staithe.client, full, functionTree('x'));
    expect(await problemOf('DELETE', `/v1/projects/${full}`)).toMatchObject({ code: 'project_not_empty' });
    expect((await staithe.http('DELETE', `/v1/projects/${empty}`)).status).toBe(204);
    expect(await problemOf('GET', `/v1/projects/${empty}`)).toMatchObject({ code: 'not_found' });
  });
});
