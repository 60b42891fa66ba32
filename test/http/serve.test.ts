import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { logger, serve } from '../../lib/http/serve.ts';
import { planRun, startedBuild, uploadedSource } from '../domain/world.ts';
import { REQUEST_ID } from './api.ts';
import { builds, ProjectsApi } from './projects-api.ts';

let api: ProjectsApi;
beforeEach(async () => {
  api = await ProjectsApi.start();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a request that is right', () => {
  test('is answered by the schema of its route, with its id', async () => {
    const answer = await api.create({ slug: 'new' });

    expect(answer).toMatchObject({
      status: 201,
      headers: { 'content-type': 'application/json', 'x-request-id': REQUEST_ID },
      body: { slug: 'new', name: 'new' },
    });
  });

  test('may come in base64, as API Gateway sends what it takes for binary', async () => {
    expect((await api.create({ slug: 'binary' }, { base64: true })).status).toBe(201);
  });

  test('without a body to answer has none', async () => {
    const answer = await api.call({ operation: 'deleteProject', params: { project: 'hello' } });

    expect(answer).toEqual({ status: 204, headers: { 'x-request-id': REQUEST_ID }, body: undefined });
  });
});

describe('a failure of ours', () => {
  const broken = () =>
    api.handler(async () => {
      throw new Error('password=hunter2 in table staithe-prod');
    });

  test('is told without its reason, which is in the log', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => undefined);

    const answer = await api.create({ slug: 'new' }, {}, broken());

    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', request_id: REQUEST_ID } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(JSON.stringify(error.mock.calls[0], (_, value) => value?.message ?? value)).toContain('hunter2');
  });

  test.each(['ThrottlingException', 'TooManyRequestsException'])(
    'that meets %s of a service of AWS is told to come back in a second, and is no defect',
    async (name) => {
      const error = vi.spyOn(logger, 'error');
      const throttled = () => Promise.reject(Object.assign(new Error('Rate exceeded'), { name }));

      const answer = await api.create({ slug: 'new' }, {}, api.handler(throttled));

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

      const answer = await api.create({ slug: 'new' }, {}, api.handler(full));

      expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
      expect(error).toHaveBeenCalledOnce();
    },
  );

  test('is not kept for repeats: the next one is tried', async () => {
    vi.spyOn(logger, 'error').mockImplementation(() => undefined);
    const headers = { 'idempotency-key': 'k' };

    const first = await api.create({ slug: 'new' }, { headers }, broken());
    const second = await api.create({ slug: 'new' }, { headers });

    expect([first.status, second.status]).toEqual([500, 201]);
  });
});

describe('what only the record has', () => {
  const PRIVATE = /ticket_hash|claim_id|log_streams|log_attempts|secret_hash|revision|"entity"|gsi1|"pk"/;

  test('is in no answer about jobs', async () => {
    const { ports } = api.place;
    const { run } = await startedBuild(api.place);
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
    const agent = { kind: 'job', job_id: job, run_id: run.id, project_id: api.place.project.id } as const;
    const claim = { ticket: dispatch?.ticket, claim_id: '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20' };
    const failed = { status: 'failed', error: { code: 'build_error', message: 'x' } };

    const answers = [
      await api.call({ operation: 'claimJob', params: { job }, body: claim }, handler),
      await api.call({ operation: 'getJob', params: { job } }, handler),
      await api.call({ operation: 'reportResult', params: { job }, actor: agent, body: failed }, handler),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body } of answers) expect(JSON.stringify(body)).not.toMatch(PRIVATE);
  });

  test('is in no answer about builds', async () => {
    const source_id = await uploadedSource(api.place);
    const { ports, project } = api.place;
    const handler = serve(
      'builds',
      ROUTES,
      {
        ...builds(),
        createBuild: ({ actor, body, seed }) => Build.create(ports, actor, project, body, seed),
      },
      ports,
    );

    const answer = await api.call(
      { operation: 'createBuild', params: { project: 'hello' }, body: { source_id } },
      handler,
    );

    expect(answer.status).toBe(202);
    expect(JSON.stringify(answer.body)).not.toMatch(PRIVATE);
    expect(answer.body).not.toHaveProperty('latest_run_id');
  });
});
