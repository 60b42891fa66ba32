/** Which requests are entries of which audit log, and what the entries say. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isAudited } from '../../lib/contract/answers.ts';
import type { TokenActor } from '../../lib/domain/access/actor.ts';
import { INSTALLATION } from '../../lib/domain/audit/schema.ts';
import * as Release from '../../lib/domain/release/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { logger } from '../../lib/http/serve.ts';
import { routes } from '../contract/document.ts';
import { ADMIN, completedBuild, ULID } from '../domain/world.ts';
import { entriesOf, serving } from './audit-log.ts';
import { ProjectsApi } from './projects-api.ts';

let api: ProjectsApi;
beforeEach(async () => {
  api = await ProjectsApi.start();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const entries = (log?: string) => entriesOf(api, log);

const VIEWER: TokenActor = { kind: 'token', token_id: `tok_${ULID.slice(0, -1)}9`, role: 'viewer' };

describe('every route', () => {
  test('that changes something for people or services is in an audit log, or says why not', () => {
    const changing = routes.filter(([, { method, access }]) => method !== 'GET' && access !== 'job');
    const unaudited = changing
      .filter(([, spec]) => !isAudited(spec))
      .map(([operation, { access, audit }]) => [
        operation,
        access === 'public' ? access : typeof audit === 'object' && audit.none,
      ]);

    expect(unaudited).toEqual([
      ['claimJob', 'public'],
      ['beginMultipart', expect.stringMatching(/.{20}/)],
      ['signParts', expect.stringMatching(/.{20}/)],
      ['planDeployment', 'It changes nothing, and only shows what a deployment would do.'],
      ['receiveGithubWebhook', 'public'],
    ]);
    expect(changing.length).toBeGreaterThan(20);
  });

  test('that reads, or that agents call, is in none', () => {
    const audited = routes.filter(([, spec]) => isAudited(spec));

    expect(audited.filter(([, { method }]) => method === 'GET')).toEqual([]);
    expect(audited.filter(([, { path }]) => path.startsWith('/v1/jobs/'))).toEqual([]);
  });
});

describe('a request that succeeded', () => {
  test('says who did what, when, with which token, and from where', async () => {
    const { project } = api.place;

    await api.call({ operation: 'updateProject', params: { project: 'hello' }, body: { name: 'Hello' } });

    expect(await entries()).toEqual([
      {
        id: expect.stringMatching(/^aud_/),
        at: api.place.ports.clock.now().toISOString(),
        action: 'updateProject',
        actor: { kind: 'token', token_id: ADMIN.token_id, token_name: 'test', role: 'admin' },
        project_id: project.id,
        subject: { project: 'hello', slug: 'hello', name: 'Hello' },
        digests: [],
        status: 200,
        source_ip: '127.0.0.1',
        user_agent: 'test',
        request_id: 'JKJaXmPLvHcESHA=',
      },
    ]);
  });

  test('says to which digests', async () => {
    const { ports, project } = api.place;
    const { build } = await completedBuild(api.place);
    const handler = serving(api, 'releases', {
      createRelease: ({ actor, body, seed }) => Release.create(ports, actor, project, body, seed),
    });
    const body = { build_id: build.id, version: '1.0.0' };

    await api.call({ operation: 'createRelease', params: { project: 'hello' }, body }, handler);

    const created = (await Release.list(ports, ADMIN, [project], { limit: 1 })).items[0];
    expect(await entries()).toMatchObject([
      {
        action: 'createRelease',
        subject: { release: created?.id, version: '1.0.0' },
        digests: created?.artifacts.map(({ digest }) => digest),
      },
    ]);
  });

  test('that created or deleted a project is in the log of the installation, which outlives it', async () => {
    await api.create({ slug: 'new' });
    await api.call({ operation: 'deleteProject', params: { project: 'new' } });

    const found = await entries(INSTALLATION);
    expect(found.map(({ action, subject }) => [action, subject.slug])).toEqual([
      ['createProject', 'new'],
      ['deleteProject', 'new'],
    ]);
    expect(found[0]?.project_id).toBe(found[1]?.project_id);
  });

  test('about a token of a project is in the log of that project, its revocation too', async () => {
    const { ports } = api.place;
    const handler = serving(api, 'tokens', {
      createToken: ({ actor, body, seed }) => Token.create(ports, actor, body, seed),
      deleteToken: ({ actor, params }) => Token.revoke(ports, actor, params.token),
    });
    const body = { role: 'deployer', name: 'ci', project: 'hello' };

    const { body: token } = await api.call({ operation: 'createToken', body }, handler);
    const id = String(Reflect.get(Object(token), 'id'));
    await api.call({ operation: 'deleteToken', params: { token: id } }, handler);

    const found = await entries();
    expect(found.map(({ action, subject }) => [action, subject])).toMatchObject([
      ['createToken', { token: id, name: 'ci', role: 'deployer' }],
      ['deleteToken', { token: id, name: 'ci', role: 'deployer' }],
    ]);
    expect(JSON.stringify(found)).not.toContain(String(Reflect.get(Object(token), 'secret')));
  });

  test('that set a secret names it, and nothing of its value', async () => {
    const { ports, project } = api.place;
    const handler = serving(api, 'secrets', {
      putSecret: ({ actor, params, body, seed }) =>
        Secret.put(ports, actor, project, params.name, body, seed),
    });
    const params = { project: 'hello', name: 'NPM_TOKEN' };

    await api.call({ operation: 'putSecret', params, body: { value: 'npm_hunter2hunter2' } }, handler);

    expect(await entries()).toMatchObject([{ action: 'putSecret', subject: { name: 'NPM_TOKEN' } }]);
    expect(JSON.stringify(ports.table.all())).not.toContain('hunter2');
  });

  test('has one entry, also when it is repeated with its Idempotency-Key before and after it was chained', async () => {
    const headers = { 'idempotency-key': 'k' };
    const sent = { operation: 'updateProject', params: { project: 'hello' }, body: { name: 'A' } } as const;

    await api.call({ ...sent, headers });
    await api.call({ ...sent, headers });
    await entries();
    await api.call({ ...sent, headers });

    expect(await entries()).toHaveLength(1);
  });
});

describe('a request that failed', () => {
  test('is in no log', async () => {
    await api.create({ slug: 'hello' });
    await api.create({ slug: 'not a slug' });

    expect([...(await entries()), ...(await entries(INSTALLATION))]).toEqual([]);
  });

  test('for want of a role is in the log with 403, once a minute for each operation', async () => {
    const sent = { operation: 'createProject', body: { slug: 'mine' }, actor: VIEWER } as const;
    const { clock } = api.place.ports;

    await api.call(sent);
    await api.call(sent);
    clock.advance(60_000);
    await api.call({ ...sent, actor: VIEWER });

    expect(await entries(INSTALLATION)).toMatchObject([
      { action: 'createProject', status: 403, actor: { token_id: VIEWER.token_id, role: 'viewer' } },
      { action: 'createProject', status: 403 },
    ]);
  });

  test('for want of any valid token is in no log', async () => {
    const { status } = await api.call({
      operation: 'createProject',
      body: { slug: 'mine' },
      actor: { kind: 'anonymous', reason: '' },
    });

    expect(status).toBe(401);
    expect(await entries(INSTALLATION)).toEqual([]);
  });
});

describe('while the log cannot be written', () => {
  test('no request is acknowledged, and its repeat is, with one entry', async () => {
    const { table } = api.place.ports;
    vi.spyOn(logger, 'error').mockImplementation(() => undefined);
    const write = table.write.bind(table);
    const broken = vi.spyOn(table, 'write').mockImplementation(async (one) => {
      if ('put' in one && one.put.entity === 'audit_pending')
        throw Object.assign(new Error('no'), { name: 'InternalServerError' });
      return write(one);
    });
    const headers = { 'idempotency-key': 'k' };
    const first = await api.create({ slug: 'new' }, { headers });
    broken.mockRestore();

    const second = await api.create({ slug: 'new' }, { headers });

    expect(first).toMatchObject({ status: 503, body: { code: 'audit_unavailable' } });
    expect(first.headers['retry-after']).toBe('1');
    expect(second.status).toBe(201);
    expect(await entries(INSTALLATION)).toMatchObject([
      { action: 'createProject', subject: { slug: 'new' } },
    ]);
  });
});
