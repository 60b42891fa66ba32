import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import * as User from '../../lib/domain/user/index.ts';
import { serve } from '../../lib/http/serve.ts';
import { ADMIN } from '../domain/world.ts';
import { send } from './api.ts';
import { credentialOf } from './credentials.ts';
import { ProjectsApi } from './projects-api.ts';

let api: ProjectsApi;
beforeEach(async () => {
  api = await ProjectsApi.start();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('who asks', () => {
  test.each([
    { lambda: { actor: JSON.stringify(ADMIN) } },
    { lambda: { actor: ADMIN } },
    { jwt: { claims: { sub: ADMIN.token_id }, scopes: null } },
    { iam: { userArn: 'arn:aws:iam::123456789012:root' } },
  ])('is what the token tells, whatever the event says beside it (%j)', async (authorizer) => {
    const answer = await send(api.handler(), { operation: 'listProjects', authorizer });

    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  test('comes before what they ask: nobody learns what is wrong with a request', async () => {
    const answer = await send(api.handler(), { operation: 'createProject', body: '{' });

    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  test('is looked up with one read for each request, and not at all on a public route', async () => {
    const get = vi.spyOn(api.place.ports.table, 'get');
    const health = serve('service', ROUTES, {
      getHealth: async () => ({ status: 'ok', version: '1.0.0' }),
      getOpenApi: async () => ({}),
      getManifestSchema: async () => ({}),
    });

    const first = await api.call({ operation: 'getHealth' }, health);
    const open = get.mock.calls.length;
    await api.call({ operation: 'listProjects' });
    await api.call({ operation: 'listProjects' });

    expect([first.status, open]).toEqual([200, 0]);
    expect(get.mock.calls).toEqual([[Keys.token(ADMIN.token_id)], [Keys.token(ADMIN.token_id)]]);
  });

  test('who is a user is looked up with one more read', async () => {
    const { ports } = api.place;
    const alice = await User.create(ports, ADMIN, { name: 'alice', role: 'viewer' });
    const { id, secret } = await Token.create(ports, ADMIN, CreateToken.parse({ user: 'alice' }));
    const get = vi.spyOn(ports.table, 'get');

    const answer = await send(api.handler(), { operation: 'listProjects', token: secret });

    expect(answer.status).toBe(200);
    expect(get.mock.calls).toEqual([[Keys.token(id)], [Keys.user(alice.id)]]);
  });

  test('is nobody with the next request after the token was revoked', async () => {
    const token = await credentialOf(api.place.ports, ADMIN);
    const before = await send(api.handler(), { operation: 'listProjects', token });
    await Token.revoke(api.place.ports, ADMIN, ADMIN.token_id);

    const after = await send(api.handler(), { operation: 'listProjects', token });

    expect([before.status, after.status]).toEqual([200, 401]);
  });

  test('stays unknown while the table does not answer, and so gets in nowhere', async () => {
    const token = await credentialOf(api.place.ports, ADMIN);
    const create = vi.fn(Project.create);
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    vi.spyOn(api.place.ports.table, 'get').mockRejectedValueOnce(throttled);

    const answer = await send(api.handler(create), {
      operation: 'createProject',
      body: { slug: 'new' },
      token,
    });

    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'at_limit' },
    });
    expect(create).not.toHaveBeenCalled();
  });
});
