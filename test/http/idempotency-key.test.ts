import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import { idFrom } from '../../lib/domain/id.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { grant, revokeGrant } from '../../lib/domain/user/grants.ts';
import * as User from '../../lib/domain/user/index.ts';
import { logger, serve } from '../../lib/http/serve.ts';
import { ADMIN } from '../domain/world.ts';
import { REQUEST_ID, type Sent } from './api.ts';
import { ProjectsApi } from './projects-api.ts';

let api: ProjectsApi;
beforeEach(async () => {
  api = await ProjectsApi.start();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Who is admin of the projects `hello` and `elsewhere`. */
async function tokenOfAlice(): Promise<string> {
  const { ports } = api.place;
  await Project.create(ports, ADMIN, { slug: 'elsewhere' });
  await User.create(ports, ADMIN, { name: 'alice' });
  for (const project of ['hello', 'elsewhere'])
    await grant(ports, ADMIN, 'alice', { project, role: 'admin' });
  return (await Token.create(ports, ADMIN, CreateToken.parse({ user: 'alice' }))).secret;
}

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': '6f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d20' };

  test('gives the answer of the first request again, and makes one project', async () => {
    const first = await api.create({ slug: 'new' }, { headers });
    api.place.ports.clock.advance(60_000);
    const second = await api.create({ slug: 'new' }, { headers });

    expect(second).toMatchObject({ status: first.status, body: first.body });
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true', 'x-request-id': REQUEST_ID });
    expect((await Project.list(api.place.ports, ADMIN, { limit: 10 })).items).toHaveLength(2);
  });

  test('with another body is refused', async () => {
    await api.create({ slug: 'new' }, { headers });

    expect(await api.create({ slug: 'other' }, { headers })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  test('of another caller, or on another route, is another key', async () => {
    await api.create({ slug: 'new' }, { headers });
    const actor = { ...ADMIN, token_id: 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C4' };

    const other = await api.create({ slug: 'other' }, { headers, actor });
    const route = await api.call({
      operation: 'updateProject',
      params: { project: 'new' },
      body: { slug: 'new' },
      headers,
    });

    expect(other.status).toBe(201);
    expect(route).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('gives no answer again to a caller whose role there was revoked since', async () => {
    const { ports } = api.place;
    const token = await tokenOfAlice();
    const sent: Sent = {
      operation: 'updateProject',
      params: { project: 'hello' },
      body: { name: 'Next' },
      token,
      headers,
    };
    const first = await api.call(sent);
    const repeated = await api.call(sent);
    await revokeGrant(ports, ADMIN, 'alice', { project: 'hello' });

    const afterwards = await api.call(sent);

    expect(first.status).toBe(200);
    expect(repeated.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(afterwards).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('makes one project, also when the permissions of the caller change in between', async () => {
    const { ports } = api.place;
    const token = await tokenOfAlice();
    await User.update(ports, ADMIN, 'alice', { role: 'admin' });
    const first = await api.create({ slug: 'new' }, { headers, token });
    await revokeGrant(ports, ADMIN, 'alice', { project: 'hello' });

    const second = await api.create({ slug: 'new' }, { headers, token });

    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers).not.toHaveProperty('idempotency-replayed');
    expect((await Project.list(ports, ADMIN, { limit: 10 })).items).toHaveLength(3);
  });

  test('after a crash before the answer finds what the first request made', async () => {
    let crashed = false;
    const crash = api.handler(async (...given) => {
      const made = await Project.create(...given);
      if (!crashed) {
        crashed = true;
        throw new Error('crash');
      }
      return made;
    });
    vi.spyOn(logger, 'error').mockImplementation(() => undefined);

    const first = await api.create({ slug: 'new' }, { headers }, crash);
    const second = await api.create({ slug: 'new' }, { headers }, crash);

    expect([first.status, second.status]).toEqual([500, 201]);
    expect((await Project.list(api.place.ports, ADMIN, { limit: 10 })).items).toHaveLength(2);
  });

  test('of many requests at once makes one project', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.create({ slug: 'new' }, { headers })),
    );

    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
  });

  test.each(['', 'a b', 'ü', 'x'.repeat(256), 'a\nb'])('such as %j is refused', async (key) => {
    expect(await api.create({ slug: 'new' }, { headers: { 'idempotency-key': key } })).toMatchObject({
      status: 400,
      body: { fields: [{ field: 'header.idempotency-key' }] },
    });
  });

  test('on a route whose answer ages runs again on the same ids', async () => {
    const { ports, project } = api.place;
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

    const first = (await api.call(sent, handler)).body as Announced;
    ports.clock.advance(60_000);
    const second = (await api.call(sent, handler)).body as Announced;

    expect(second.id).toBe(first.id);
    expect(Date.parse(second.upload.expires_at) - Date.parse(first.upload.expires_at)).toBe(60_000);
  });

  test('on a route whose answer is a secret keeps none: the repeat says so', async () => {
    const { ports } = api.place;
    const unused = async () => Promise.reject(new Error('not in this test'));
    const handler = serve(
      'tokens',
      ROUTES,
      {
        createToken: ({ actor, body, seed }) => Token.create(ports, actor, body, seed),
        listTokens: ({ actor, query }) => Token.list(ports, actor, query),
        deleteToken: async () => ({}),
        whoAmI: unused,
        createUser: unused,
        listUsers: unused,
        getUser: unused,
        updateUser: unused,
        grantRole: unused,
        revokeRole: unused,
      },
      ports,
    );
    const sent: Sent = { operation: 'createToken', body: { role: 'viewer' }, headers };

    const first = await api.call(sent, handler);
    const second = await api.call(sent, handler);
    const listed = await api.call({ operation: 'listTokens' }, handler);

    const { secret } = first.body as { secret: string };
    expect([first.status, second.status]).toEqual([201, 409]);
    expect(JSON.stringify(api.place.ports.table.all())).not.toContain(secret);
    expect(JSON.stringify(first.body)).not.toContain('secret_hash');
    expect(JSON.stringify(listed.body)).not.toContain('secret');
  });
});
