import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import { ROLES, type Role, roleAllows } from '../../lib/domain/access/role.ts';
import { OneOfEach } from './one-of-each.ts';
import { codeOf } from './problem.ts';
import { EXAMPLES, type ExampleRequest } from './requests.ts';
import type { HttpAnswer } from './server.ts';

let scene: OneOfEach;
beforeAll(async () => {
  scene = await OneOfEach.start();
});
afterAll(() => scene[Symbol.asyncDispose]());

/** Got past every gate: done, or refused for what the thing is at. */
const ALLOWED = [200, 201, 202, 204, 302, 409, 422];

/** Also whoever may see a deployment and is not among its approvers. */
const isAllowed = (answer: HttpAnswer): boolean =>
  ALLOWED.includes(answer.status) || codeOf(answer) === '403 not_an_approver';

const guarded = EXAMPLES.filter(({ spec }) => spec.access !== 'public');

const forRoles = guarded.filter(({ spec }) => spec.access !== 'job');

const neededBy = (example: ExampleRequest): Role => {
  const { access } = example.spec;
  return access === 'job_or_viewer' || access === 'job' || access === 'public' ? 'viewer' : access;
};

/** Dead letters and users are of all projects. */
const OF_ALL = {
  createUser: '403 role_too_low',
  listUsers: '403 role_too_low',
  getUser: '403 role_too_low',
  updateUser: '403 role_too_low',
  grantRole: '403 role_too_low',
  revokeRole: '403 role_too_low',
  listDeadLetters: '403 role_too_low',
  getDeadLetter: '403 role_too_low',
  redriveDeadLetter: '403 role_too_low',
  redriveDeadLetters: '403 role_too_low',
};

/** What a token of another project gets where it is not a 404: only its own things, or nothing at all. */
const ELSEWHERE: Partial<Record<ExampleRequest['operation'], string>> = {
  ...OF_ALL,
  listProjects: '200 undefined',
  listTokens: '200 undefined',
  listAllBuilds: '200 undefined',
  listAllReleases: '200 undefined',
  whoAmI: '200 undefined',
  createProject: '403 role_too_low',
};

/** What a token of the project itself may not do though its role may: it is about no project, or about all. */
const BEYOND_PROJECT: Partial<Record<ExampleRequest['operation'], string>> = {
  ...OF_ALL,
  createProject: '403 role_too_low',
  getDelivery: '404 not_found',
};

describe.each(ROLES)('a token with the role %s', (role) => {
  const tokens = { unbound: '', here: '', elsewhere: '' };
  // By turns a service that is bound to the project, and a user with a role in it: the one rule for both.
  const limitedTo = async (project: string) =>
    role === 'developer' || role === 'admin'
      ? scene.newUser({ project, role })
      : (await scene.newToken(role, project)).secret;
  beforeAll(async () => {
    tokens.unbound = (await scene.newToken(role)).secret;
    tokens.here = await limitedTo(scene.things.project ?? '');
    tokens.elsewhere = await limitedTo(scene.other.project);
  });

  it.each(forRoles)(
    'may $operation if its role and project say so, and else is told why not',
    async (example) => {
      const allowed = roleAllows(role, neededBy(example));
      const [unbound, here, elsewhere] = [
        await scene.ask(example, tokens.unbound),
        await scene.ask(example, tokens.here),
        await scene.ask(example, tokens.elsewhere),
      ];

      if (!allowed) {
        for (const answer of [unbound, here, elsewhere]) expect(codeOf(answer)).toBe('403 role_too_low');
        return;
      }
      expect(isAllowed(unbound), codeOf(unbound)).toBe(true);
      const beyond = BEYOND_PROJECT[example.operation];
      if (beyond === undefined) expect(isAllowed(here), codeOf(here)).toBe(true);
      else expect(codeOf(here)).toBe(beyond);
      expect(codeOf(elsewhere)).toBe(ELSEWHERE[example.operation] ?? '404 not_found');
      expect(JSON.stringify(elsewhere.body)).not.toContain(scene.things.project_id);
    },
  );
});

/** Routes that list what the caller manages: of nobody else's, nothing. */
const LISTS_OWN: Partial<Record<ExampleRequest['operation'], string>> = {
  listTokens: '200 undefined',
  deleteToken: '404 not_found',
};

describe.each(['deployer', 'admin'] as const)('a user who is %s of one environment', (role) => {
  const tokens = { here: '', elsewhere: '' };
  beforeAll(async () => {
    const project = scene.things.project ?? '';
    const environment = await scene.newEnvironment();
    tokens.here = await scene.newUser({ project, environment: scene.things.environment ?? '', role });
    tokens.elsewhere = await scene.newUser({ project, environment, role });
  });

  it.each(forRoles)('may $operation there if the role says so, and else only view', async (example) => {
    const { spec, operation } = example;
    const [here, elsewhere] = [
      await scene.ask(example, tokens.here),
      await scene.ask(example, tokens.elsewhere),
    ];

    const refused = BEYOND_PROJECT[operation] ?? LISTS_OWN[operation] ?? '403 role_too_low';
    const isOfEnvironment = /\{(environment|deployment)\}/.test(spec.path);
    const mayView = neededBy(example) === 'viewer' && BEYOND_PROJECT[operation] === undefined;
    // One that is deleted is made for the request, and the role is in another.
    const mayChange =
      isOfEnvironment && operation !== 'deleteEnvironment' && roleAllows(role, neededBy(example));
    if (mayView || mayChange) expect(isAllowed(here), codeOf(here)).toBe(true);
    else expect(codeOf(here)).toBe(roleAllows(role, neededBy(example)) ? refused : '403 role_too_low');
    if (mayView) expect(isAllowed(elsewhere), codeOf(elsewhere)).toBe(true);
    else expect(codeOf(elsewhere)).toBe(roleAllows(role, neededBy(example)) ? refused : '403 role_too_low');
  });

  it('may delete it if admin', async () => {
    const project = scene.things.project ?? '';
    const environment = await scene.newEnvironment();
    const token = await scene.newUser({ project, environment, role });

    const answer = await scene.staithe.http('DELETE', `/v1/projects/${project}/environments/${environment}`, {
      token,
    });

    expect(answer.status).toBe(role === 'admin' ? 204 : 403);
  });
});

describe('without a good token', () => {
  it.each(guarded)('$operation is a 401 that says how to send one', async (example) => {
    const answer = await scene.ask(example, null);
    expect(codeOf(answer)).toBe('401 unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('a job token', () => {
  const tokenOf = (job: string, project: string, expiresMs = 60_000) =>
    scene.jobTokens.sign(
      { kind: 'job', job_id: job, run_id: scene.things.run ?? '', project_id: project },
      new Date(Date.now() + expiresMs),
    );
  const own = () => tokenOf(scene.things.job ?? '', scene.things.project_id ?? '');
  const jobRoutes = guarded.filter(({ spec }) => spec.access === 'job' || spec.access === 'job_or_viewer');

  it.each(forRoles.filter(({ spec }) => spec.access !== 'job_or_viewer'))(
    'may not $operation',
    async (example) => {
      expect(codeOf(await scene.ask(example, await own()))).toBe('403 role_too_low');
    },
  );

  it.each(jobRoutes)('may $operation of its own job, and of no other', async (example) => {
    const mine = await scene.ask(example, await own());
    const foreign = await scene.ask(example, await tokenOf(scene.other.job, scene.other.project_id));
    expect(ALLOWED.concat(400), codeOf(mine)).toContain(mine.status);
    expect(codeOf(foreign)).toBe('404 not_found');
  });

  it('is good for no job of another project, whatever it says of itself', async () => {
    const liar = await tokenOf(scene.things.job ?? '', scene.other.project_id);
    const answer = await scene.staithe.http('GET', `/v1/jobs/${scene.things.job}`, { token: liar });
    expect(codeOf(answer)).toBe('404 not_found');
  });

  it('that has expired, or is signed with another key, is nobody', async () => {
    const expired = await tokenOf(scene.things.job ?? '', scene.things.project_id ?? '', -60_000);
    const forged = await jwtJobTokens(async () => 'another key of 43 letters or more, but not ours').sign(
      {
        kind: 'job',
        job_id: scene.things.job ?? '',
        run_id: scene.things.run ?? '',
        project_id: scene.things.project_id ?? '',
      },
      new Date(Date.now() + 60_000),
    );
    for (const token of [expired, forged])
      expect(codeOf(await scene.staithe.http('GET', `/v1/jobs/${scene.things.job}`, { token }))).toBe(
        '401 unauthenticated',
      );
  });

  it.each(guarded.filter(({ spec }) => spec.access === 'job'))(
    'is what $operation asks for: no role will do',
    async (example) => {
      expect(codeOf(await scene.ask(example, scene.staithe.adminToken))).toBe('403 role_too_low');
    },
  );

  it('changes nothing of a job that has ended', async () => {
    const path = `/v1/jobs/${scene.things.job}`;
    const token = await own();
    const upload = { name: 'x.zip', sha256: '0'.repeat(64), size_bytes: 1, content_type: 'application/zip' };
    expect(codeOf(await scene.staithe.http('POST', `${path}/uploads`, { token, body: upload }))).toBe(
      '409 wrong_state',
    );
    const failed = { status: 'failed', error: { code: 'build_error', message: 'late' } };
    expect(codeOf(await scene.staithe.http('POST', `${path}/result`, { token, body: failed }))).toBe(
      '409 wrong_state',
    );
    const progress = await scene.staithe.http('POST', `${path}/progress`, {
      token,
      body: { stage: 'x', progress: 1 },
    });
    expect(progress.body).toEqual({ cancel: true });
    const run = await scene.staithe.client.call('getRun', { params: { run: scene.things.run ?? '' } });
    expect(run).toMatchObject({ status: 'completed' });
  });
});
