/** What audit logs say of roles: which was asked for, where, and which the caller had there. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenActor } from '../../lib/domain/access/actor.ts';
import { INSTALLATION } from '../../lib/domain/audit/schema.ts';
import { cancel } from '../../lib/domain/deployment/cancel.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { rotateSecret } from '../../lib/domain/subscription/rotation.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { grant, revokeGrant } from '../../lib/domain/user/grants.ts';
import * as User from '../../lib/domain/user/index.ts';
import { readyToDeploy } from '../domain/deploying.ts';
import { subscribe } from '../domain/subscribing.ts';
import { ADMIN, completedBuild, ULID } from '../domain/world.ts';
import { send } from './api.ts';
import { entriesOf, serving } from './audit-log.ts';
import { credentialOf } from './credentials.ts';
import { ProjectsApi } from './projects-api.ts';

let api: ProjectsApi;
beforeEach(async () => {
  api = await ProjectsApi.start();
});

const VIEWER: TokenActor = { kind: 'token', token_id: `tok_${ULID.slice(0, -1)}9`, role: 'viewer' };

describe('the entry of a change of a user', () => {
  const users = () => {
    const { ports } = api.place;
    return serving(api, 'tokens', {
      createToken: ({ actor, body, seed }) => Token.create(ports, actor, body, seed),
      updateUser: ({ actor, params, body }) => User.update(ports, actor, params.user, body),
      grantRole: ({ actor, params, body }) => grant(ports, actor, params.user, body),
      revokeRole: ({ actor, params, query }) => revokeGrant(ports, actor, params.user, query),
    });
  };
  const params = { user: 'alice' };
  beforeEach(async () => {
    await User.create(api.place.ports, ADMIN, { name: 'alice', role: 'viewer' });
  });

  test('has the role that was granted, and is in the log of its project, as the revocation is', async () => {
    const body = { project: 'hello', role: 'admin' };

    await api.call({ operation: 'grantRole', params, body }, users());
    await api.call({ operation: 'revokeRole', params, query: { project: 'hello' } }, users());

    const { id } = api.place.project;
    const found = await entriesOf(api);
    expect(found).toMatchObject([
      { action: 'grantRole', project_id: id, subject: { user: 'alice', role: 'admin', project: 'hello' } },
      { action: 'revokeRole', project_id: id, subject: { user: 'alice', project: 'hello' } },
    ]);
    expect(found[1]?.subject).not.toHaveProperty('role');
    expect(await entriesOf(api, INSTALLATION)).toEqual([]);
  });

  test('has a role only where that is what changed: a new one, or none', async () => {
    await api.call({ operation: 'updateUser', params, body: { email: 'a@example.com' } }, users());
    await api.call({ operation: 'updateUser', params, body: { role: 'developer' } }, users());
    await api.call({ operation: 'updateUser', params, body: { role: null } }, users());

    const found = await entriesOf(api, INSTALLATION);
    expect(found.map(({ subject }) => subject.role)).toEqual([undefined, 'developer', 'none']);
  });

  test('of a new token has its roles in projects and environments', async () => {
    await Project.create(api.place.ports, ADMIN, { slug: 'shop' });
    const grants = [
      { project: 'hello', role: 'viewer' },
      { project: 'shop', role: 'developer' },
    ];

    await api.call({ operation: 'createToken', body: { name: 'ci', grants } }, users());

    expect(await entriesOf(api, INSTALLATION)).toMatchObject([
      { action: 'createToken', subject: { name: 'ci', grants: 'hello=viewer, shop=developer' } },
    ]);
  });
});

test('an entry has the role that the caller has in the environment, also when the path names a deployment', async () => {
  const { place, deploy } = await readyToDeploy();
  const { id: project_id, slug: project } = place.project;
  const deployer: TokenActor = {
    kind: 'token',
    token_id: VIEWER.token_id,
    grants: [{ project_id, project, environment: 'test', role: 'deployer' }],
  };
  const deployment = (await deploy()).id;
  const handler = serving({ place }, 'environments', {
    cancelDeployment: ({ actor, params, body }) => cancel(place.ports, actor, params.deployment, body.reason),
  });

  const token = await credentialOf(place.ports, deployer);
  await send(handler, { operation: 'cancelDeployment', params: { deployment }, body: {}, token });

  expect(await entriesOf({ place })).toMatchObject([
    { action: 'cancelDeployment', subject: { environment: 'test' }, actor: { role: 'deployer' } },
  ]);
});

test('an entry has the whole reason, however long the route takes it', async () => {
  const { ports, project } = api.place;
  const { build } = await completedBuild(api.place);
  const release = await Release.create(ports, ADMIN, project, { build_id: build.id, version: '1.0.0' });
  const handler = serving(api, 'releases', {
    yankRelease: ({ actor, params, body }) => Release.yank(ports, actor, params.release, body),
  });
  const reason = 'x'.repeat(1000);

  await api.call({ operation: 'yankRelease', params: { release: release.id }, body: { reason } }, handler);

  expect(await entriesOf(api)).toMatchObject([{ action: 'yankRelease', reason }]);
});

test('a repeat that acts once more, such as the rotation of a secret, has another entry', async () => {
  const { ports } = api.place;
  const subscription = await subscribe(api.place);
  const handler = serving(api, 'subscriptions', {
    rotateSubscriptionSecret: ({ actor, params, seed }) =>
      rotateSecret(ports, actor, params.subscription, seed),
  });
  const params = { subscription: subscription.id };
  const sent = {
    operation: 'rotateSubscriptionSecret',
    params,
    headers: { 'idempotency-key': 'k' },
  } as const;

  await api.call(sent, handler);
  await api.call(sent, handler);

  expect(await entriesOf(api)).toHaveLength(2);
});

describe('a refused request', () => {
  const rename = (project: string) =>
    ({ operation: 'updateProject', params: { project }, body: { name: 'x' }, actor: VIEWER }) as const;

  test('is in the log of the project that its path names, once a minute in each', async () => {
    await Project.create(api.place.ports, ADMIN, { slug: 'shop' });

    for (const project of ['hello', 'shop', 'hello']) await api.call(rename(project));

    expect(await entriesOf(api)).toMatchObject([
      { action: 'updateProject', status: 403, project_id: api.place.project.id },
    ]);
    expect(await entriesOf(api, INSTALLATION)).toEqual([]);
  });

  test('is in the log of the installation when there is no such project, however its name is', async () => {
    const { status } = await api.call(rename('x'.repeat(3000)));

    expect(status).toBe(403);
    expect(await entriesOf(api, INSTALLATION)).toMatchObject([{ action: 'updateProject', status: 403 }]);
  });

  test('is in a log also when its caller may not decide about a deployment', async () => {
    const handler = serving(api, 'environments', {
      rejectDeployment: async () => Promise.reject(new StaitheError('not_an_approver', 'No.')),
    });
    const params = { deployment: `dep_${ULID}` };

    const { status } = await api.call(
      { operation: 'rejectDeployment', params, body: { reason: 'no' }, actor: VIEWER },
      handler,
    );

    expect(status).toBe(403);
    expect(await entriesOf(api, INSTALLATION)).toMatchObject([{ action: 'rejectDeployment', status: 403 }]);
  });
});
