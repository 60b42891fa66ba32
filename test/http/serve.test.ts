import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import type { RequestActor } from '../../lib/domain/access/actor.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { idFrom } from '../../lib/domain/id.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { type Handlers, logger, serve } from '../../lib/http/serve.ts';
import {
  ADMIN,
  knownAdmin,
  planRun,
  STRANGER,
  startedBuild,
  ULID,
  uploadedSource,
  type World,
  world,
} from '../domain/world.ts';
import { REQUEST_ID, type Sent, send } from './api.ts';
import { credentialOf } from './credentials.ts';

let place: World;
beforeEach(async () => {
  place = await world();
  await knownAdmin(place.ports);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The groups that these tests need, on ports in memory, wired as in functions/api. */
function projects(create = Project.create) {
  const { ports } = place;
  return serve(
    'projects',
    ROUTES,
    {
      createProject: ({ actor, body, seed }) => create(ports, actor, body, seed && idFrom('project', seed)),
      listProjects: ({ actor, query }) => Project.list(ports, actor, query),
      getProject: ({ actor, params }) => Project.resolve(ports, actor, params.project),
      updateProject: ({ actor, params, body }) => Project.update(ports, actor, params.project, body),
      syncManifest: async () => Promise.reject(new Error('not in this test')),
      getManifest: async () => Promise.reject(new Error('not in this test')),
      deleteProject: async ({ actor, params }) => {
        await Project.remove(ports, actor, params.project);
        return undefined;
      },
    },
    ports,
  );
}
type SentBy = Sent & { readonly actor?: RequestActor };
const call = async ({ actor = ADMIN, ...sent }: SentBy, handler = projects()) =>
  send(handler, { token: await credentialOf(place.ports, actor), ...sent });
const create = (body: unknown, more: Partial<SentBy> = {}, handler = projects()) =>
  call({ operation: 'createProject', body, ...more }, handler);

describe('a request that is right', () => {
  test('is answered by the schema of its route, with its id', async () => {
    const answer = await create({ slug: 'new' });

    expect(answer).toMatchObject({
      status: 201,
      headers: { 'content-type': 'application/json', 'x-request-id': REQUEST_ID },
      body: { slug: 'new', name: 'new' },
    });
  });

  test('may come in base64, as API Gateway sends what it takes for binary', async () => {
    expect((await create({ slug: 'binary' }, { base64: true })).status).toBe(201);
  });

  test('without a body to answer has none', async () => {
    const answer = await call({ operation: 'deleteProject', params: { project: 'hello' } });

    expect(answer).toEqual({ status: 204, headers: { 'x-request-id': REQUEST_ID }, body: undefined });
  });
});

describe('a request that is wrong', () => {
  const fieldsOf = (body: unknown) =>
    (body as { fields: { field: string }[] }).fields.map(({ field }) => field).sort();

  test('is told all that is wrong at once, each by its field', async () => {
    const answer = await create({ slug: 'Not A Slug', name: '', repository: 'x', color: 'red' });

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(fieldsOf(answer.body)).toEqual(['color', 'name', 'repository', 'slug']);
  });

  test('in path, query and body is told where', async () => {
    const query = await call({ operation: 'listProjects', query: { limit: '0', cursor: 'a', page: '2' } });
    const both = await call({
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
      const answer = await call({ operation: 'listProjects', query: { limit } });

      expect(answer.status).toBe(400);
      expect(fieldsOf(answer.body)).toEqual(['query.limit']);
    },
  );

  test.each(['null', '[]', '"text"', '1', 'true'])(
    'as a body of %s is told what was expected',
    async (body) => {
      expect(await create(body)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', fields: [{ field: 'body' }] },
      });
    },
  );

  test('is told when it is not JSON', async () => {
    expect(await create('{"slug": ')).toMatchObject({ status: 400, body: { code: 'body_not_json' } });
  });

  test('is told what is missing when it has no body', async () => {
    const answer = await create(undefined);

    expect(fieldsOf(answer.body)).toEqual(['slug']);
  });

  test('beyond 1 MiB is refused, and counted in bytes', async () => {
    const just = await create(JSON.stringify({ slug: 'x'.repeat(1024 * 1024 - 11) }));
    const more = await create(JSON.stringify({ slug: 'ü'.repeat(1024 * 512) }));

    expect(just).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(more).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  test.each(['run', 'src', 'prj', 'bld_', `bld_${ULID}x`, `bld_${ULID.toLowerCase()}`, `run_${ULID}`])(
    'with the wrong kind of id (%s) is told the right one',
    async (build) => {
      const handler = serve('builds', ROUTES, builds(), place.ports);

      const answer = await call({ operation: 'getBuild', params: { build } }, handler);

      expect(answer).toMatchObject({
        status: 400,
        body: { fields: [{ field: 'path.build', message: expect.stringContaining('build') }] },
      });
    },
  );

  test('is a problem document with what to do', async () => {
    await create({ slug: 'taken' });

    const answer = await create({ slug: 'taken' });

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
    const stranger = await call({ operation: 'getProject', params: { project: 'hello' }, actor: STRANGER });
    const nothing = await call({ operation: 'getProject', params: { project: 'nothing' } });

    expect(stranger.status).toBe(404);
    expect(JSON.stringify(stranger.body).replaceAll('hello', 'nothing')).toBe(JSON.stringify(nothing.body));
  });
});

describe('a failure of ours', () => {
  const broken = () =>
    projects(async () => {
      throw new Error('password=hunter2 in table staithe-prod');
    });

  test('is told without its reason, which is in the log', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => undefined);

    const answer = await create({ slug: 'new' }, {}, broken());

    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', request_id: REQUEST_ID } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(JSON.stringify(error.mock.calls[0], (_, value) => value?.message ?? value)).toContain('hunter2');
  });

  test.each(['ThrottlingException', 'TooManyRequestsException'])(
    'that meets %s of a service of AWS is told to come back in a second, and is no defect',
    async (name) => {
      const error = vi.spyOn(logger, 'error');
      const throttled = () => Promise.reject(Object.assign(new Error('Rate exceeded'), { name }));

      const answer = await create({ slug: 'new' }, {}, projects(throttled));

      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'at_limit', detail: expect.stringContaining(name) },
      });
      expect(error).not.toHaveBeenCalled();
    },
  );

  test.each(['LimitExceededException', 'ExecutionLimitExceeded'])(
    'that meets %s, a quota of how many there may be, is logged as one that waiting does not mend',
    async (name) => {
      const error = vi.spyOn(logger, 'error').mockImplementation(() => undefined);
      const full = () => Promise.reject(Object.assign(new Error('The quota is used up.'), { name }));

      const answer = await create({ slug: 'new' }, {}, projects(full));

      expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
      expect(error).toHaveBeenCalledOnce();
    },
  );

  test('is not kept for repeats: the next one is tried', async () => {
    vi.spyOn(logger, 'error').mockImplementation(() => undefined);
    const headers = { 'idempotency-key': 'k' };

    const first = await create({ slug: 'new' }, { headers }, broken());
    const second = await create({ slug: 'new' }, { headers });

    expect([first.status, second.status]).toEqual([500, 201]);
  });
});

describe('who asks', () => {
  test.each([
    { lambda: { actor: JSON.stringify(ADMIN) } },
    { lambda: { actor: ADMIN } },
    { jwt: { claims: { sub: ADMIN.token_id }, scopes: null } },
    { iam: { userArn: 'arn:aws:iam::123456789012:root' } },
  ])('is what the token tells, whatever the event says beside it (%j)', async (authorizer) => {
    const answer = await send(projects(), { operation: 'listProjects', authorizer });

    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  test('comes before what they ask: nobody learns what is wrong with a request', async () => {
    const answer = await send(projects(), { operation: 'createProject', body: '{' });

    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  test('is looked up with one read for each request, and not at all on a public route', async () => {
    const get = vi.spyOn(place.ports.table, 'get');
    const health = serve('service', ROUTES, {
      getHealth: async () => ({ status: 'ok', version: '1.0.0' }),
      getOpenApi: async () => ({}),
      getManifestSchema: async () => ({}),
    });

    const first = await call({ operation: 'getHealth' }, health);
    const open = get.mock.calls.length;
    await call({ operation: 'listProjects' });
    await call({ operation: 'listProjects' });

    expect([first.status, open]).toEqual([200, 0]);
    expect(get.mock.calls).toEqual([[Keys.token(ADMIN.token_id)], [Keys.token(ADMIN.token_id)]]);
  });

  test('is nobody with the next request after the token was revoked', async () => {
    const token = await credentialOf(place.ports, ADMIN);
    const before = await send(projects(), { operation: 'listProjects', token });
    await Token.revoke(place.ports, ADMIN, ADMIN.token_id);

    const after = await send(projects(), { operation: 'listProjects', token });

    expect([before.status, after.status]).toEqual([200, 401]);
  });

  test('stays unknown while the table does not answer, and so gets in nowhere', async () => {
    const token = await credentialOf(place.ports, ADMIN);
    const create = vi.fn(Project.create);
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    vi.spyOn(place.ports.table, 'get').mockRejectedValueOnce(throttled);

    const answer = await send(projects(create), { operation: 'createProject', body: { slug: 'new' }, token });

    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'at_limit' },
    });
    expect(create).not.toHaveBeenCalled();
  });
});

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20' };

  test('gives the answer of the first request again, and makes one project', async () => {
    const first = await create({ slug: 'new' }, { headers });
    place.ports.clock.advance(60_000);
    const second = await create({ slug: 'new' }, { headers });

    expect(second).toMatchObject({ status: first.status, body: first.body });
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true', 'x-request-id': REQUEST_ID });
    expect((await Project.list(place.ports, ADMIN, { limit: 10 })).items).toHaveLength(2);
  });

  test('with another body is refused', async () => {
    await create({ slug: 'new' }, { headers });

    expect(await create({ slug: 'other' }, { headers })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  test('of another caller, or on another route, is another key', async () => {
    await create({ slug: 'new' }, { headers });
    const actor = { ...ADMIN, token_id: 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C4' };

    const other = await create({ slug: 'other' }, { headers, actor });
    const route = await call({
      operation: 'updateProject',
      params: { project: 'new' },
      body: { slug: 'new' },
      headers,
    });

    expect(other.status).toBe(201);
    expect(route).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('after a crash before the answer finds what the first request made', async () => {
    let crashed = false;
    const crash = projects(async (...given) => {
      const made = await Project.create(...given);
      if (!crashed) {
        crashed = true;
        throw new Error('crash');
      }
      return made;
    });
    vi.spyOn(logger, 'error').mockImplementation(() => undefined);

    const first = await create({ slug: 'new' }, { headers }, crash);
    const second = await create({ slug: 'new' }, { headers }, crash);

    expect([first.status, second.status]).toEqual([500, 201]);
    expect((await Project.list(place.ports, ADMIN, { limit: 10 })).items).toHaveLength(2);
  });

  test('of many requests at once makes one project', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create({ slug: 'new' }, { headers })));

    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
  });

  test.each(['', 'a b', 'ü', 'x'.repeat(256), 'a\nb'])('such as %j is refused', async (key) => {
    expect(await create({ slug: 'new' }, { headers: { 'idempotency-key': key } })).toMatchObject({
      status: 400,
      body: { fields: [{ field: 'header.idempotency-key' }] },
    });
  });

  test('on a route whose answer ages runs again on the same ids', async () => {
    const { ports, project } = place;
    const handler = serve(
      'sources',
      ROUTES,
      {
        createSource: ({ actor, body, seed }) =>
          Source.create(ports, actor, project, body, seed && idFrom('source', seed)),
        getSource: ({ actor, params }) => Source.get(ports, actor, params.source),
      },
      ports,
    );
    const body = { sha256: '0'.repeat(64), size_bytes: 10 };
    const sent: Sent = { operation: 'createSource', params: { project: 'hello' }, body, headers };
    type Announced = { id: string; upload: { expires_at: string } };

    const first = (await call(sent, handler)).body as Announced;
    ports.clock.advance(60_000);
    const second = (await call(sent, handler)).body as Announced;

    expect(second.id).toBe(first.id);
    expect(Date.parse(second.upload.expires_at) - Date.parse(first.upload.expires_at)).toBe(60_000);
  });

  test('on a route whose answer is a secret keeps none: the repeat says so', async () => {
    const { ports } = place;
    const handler = serve(
      'tokens',
      ROUTES,
      {
        createToken: ({ actor, body, seed }) => Token.create(ports, actor, body, seed),
        listTokens: ({ actor, query }) => Token.list(ports, actor, query),
        deleteToken: async () => undefined,
        whoAmI: async () => Promise.reject(new Error()),
      },
      ports,
    );
    const sent: Sent = { operation: 'createToken', body: { role: 'viewer' }, headers };

    const first = await call(sent, handler);
    const second = await call(sent, handler);
    const listed = await call({ operation: 'listTokens' }, handler);

    const { secret } = first.body as { secret: string };
    expect([first.status, second.status]).toEqual([201, 409]);
    expect(JSON.stringify(place.ports.table.all())).not.toContain(secret);
    expect(JSON.stringify(first.body)).not.toContain('secret_hash');
    expect(JSON.stringify(listed.body)).not.toContain('secret');
  });
});

function builds(): Handlers<'builds'> {
  const unused = async () => Promise.reject(new Error('not in this test'));
  return {
    createBuild: unused,
    listBuilds: unused,
    listAllBuilds: unused,
    getBuild: unused,
    createRun: unused,
    listRuns: unused,
    listBuildArtifacts: unused,
    cancelBuild: unused,
    getRun: unused,
    listJobs: unused,
    cancelRun: unused,
  };
}

describe('what only the record has', () => {
  const PRIVATE = /ticket_hash|claim_id|log_streams|log_attempts|secret_hash|revision|"entity"|gsi1|"pk"/;

  test('is in no answer about jobs', async () => {
    const { ports } = place;
    const { run } = await startedBuild(place);
    const [dispatch] = (await planRun({ ports }, run.id)).jobs;
    const job = dispatch?.job_id ?? '';
    const handler = serve(
      'jobs',
      ROUTES,
      {
        claimJob: ({ params, body }) => Job.claim(ports, params.job, body),
        getJob: ({ actor, params }) => Job.get(ports, actor, params.job),
        reportProgress: ({ params, body }) => Job.progress(ports, params.job, body),
        createJobUpload: ({ actor, params, body }) => Job.createUpload(ports, actor, params.job, body),
        readJobSecrets: async () => ({ secrets: {}, missing: [] }),
        restoreJobCaches: async () => ({ caches: [] }),
        saveJobCaches: async () => ({ uploads: [] }),
        confirmJobCaches: async () => ({ saved: 0 }),
        reportResult: ({ actor, params, body }) => Job.result(ports, actor, params.job, body),
      },
      ports,
    );
    const agent = { kind: 'job', job_id: job, run_id: run.id, project_id: place.project.id } as const;
    const claim = { ticket: dispatch?.ticket, claim_id: '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20' };
    const failed = { status: 'failed', error: { code: 'build_error', message: 'x' } };

    const answers = [
      await call({ operation: 'claimJob', params: { job }, body: claim }, handler),
      await call({ operation: 'getJob', params: { job } }, handler),
      await call({ operation: 'reportResult', params: { job }, actor: agent, body: failed }, handler),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body } of answers) expect(JSON.stringify(body)).not.toMatch(PRIVATE);
  });

  test('is in no answer about builds', async () => {
    const source_id = await uploadedSource(place);
    const { ports, project } = place;
    const handler = serve(
      'builds',
      ROUTES,
      {
        ...builds(),
        createBuild: ({ actor, body, seed }) => Build.create(ports, actor, project, body, seed),
      },
      ports,
    );

    const answer = await call(
      { operation: 'createBuild', params: { project: 'hello' }, body: { source_id } },
      handler,
    );

    expect(answer.status).toBe(202);
    expect(JSON.stringify(answer.body)).not.toMatch(PRIVATE);
    expect(answer.body).not.toHaveProperty('latest_run_id');
  });
});
