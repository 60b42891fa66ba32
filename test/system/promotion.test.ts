/** A release on its way through environments with rules, in the cloud that runs the template. */
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';

import { deploy, functionTree, newProject, release, settled } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const textAt = async (url: string | undefined) => (await fetch(url ?? '')).text();

async function scene() {
  const { client, url } = staithe;
  const slug = await newProject(client);
  const put = (environment: string, rules: object) =>
    client.call('putEnvironment', {
      params: { project: slug, environment },
      body: { target: { kind: 'lambda', function_name: `${slug}-${environment}` }, ...rules },
    });
  const read = (environment: string) =>
    client.call('getEnvironment', { params: { project: slug, environment } });
  /** The API as a person of this role in the project sees it. */
  const person = async (name: string) => {
    const user = await client.call('createUser', { body: { name: `${name}-${slug}` } });
    await client.call('grantRole', {
      params: { user: user.id },
      body: { role: 'deployer', project: slug },
    });
    const { secret } = await client.call('createToken', { body: { user: user.id } });
    return createClient({ url, token: secret });
  };
  return { client, slug, put, read, person };
}

describe.concurrent('a release', () => {
  it('goes on by itself once it has succeeded, and begins with the approval of a person', async () => {
    const { client, slug, put, read, person } = await scene();
    await put('test', {});
    await put('production', { after: ['test'], auto: {}, approvals: { required: 1 } });
    const one = await release(client, slug, '1.0.0', functionTree('one'));
    const anna = await person('anna');

    await deploy(client, slug, 'test', one.id);
    const {
      waiting_deployment_ids: [id = ''],
    } = await until(
      () => read('production'),
      ({ waiting_deployment_ids: ids }) => ids.length > 0,
    );
    const mine = await anna.call('listApprovals', { query: { project: slug } });
    const { subject } = await anna.call('getDeploymentChanges', { params: { deployment: id } });
    await anna.call('approveDeployment', { params: { deployment: id }, body: { subject } });
    const ended = await settled(client, id);

    expect(mine.items.map((deployment) => deployment.id)).toEqual([id]);
    expect(ended).toMatchObject({ status: 'succeeded', automatic: true, created_by: 'promotion' });
    expect(await textAt(ended.url)).toBe('one');
    expect(ended.timeline.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['awaiting_approval', 'waiting', 'deploying', 'verifying', 'succeeded']),
    );
  });

  it('waits for its turn, and begins when the deployment before it has ended', async () => {
    const { client, slug, put } = await scene();
    await put('test', { concurrency: 'queue' });
    const one = await release(client, slug, '1.0.0', functionTree('one'));
    const params = { project: slug, environment: 'test' };

    const all = [];
    for (let n = 0; n < 3; n++)
      all.push(await client.call('createDeployment', { params, body: { release: one.id } }));
    const ended = [];
    for (const { id } of all) ended.push(await settled(client, id));

    expect(all.map(({ status }) => status)).toEqual(['pending', 'waiting', 'waiting']);
    expect(ended.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('is taken back with its configuration, by the alias alone, and holds what comes by itself', async () => {
    const { client, slug, put, read } = await scene();
    const tree = (text: string) => ({
      ...functionTree(text),
      'index.mjs': `export const handler = async () => ${JSON.stringify(text)} + process.env.MARK;\n`,
    });
    await put('test', { variables: { MARK: '!' } });
    const one = await release(client, slug, '1.0.0', tree('one'));
    const two = await release(client, slug, '2.0.0', tree('two'));
    const first = await deploy(client, slug, 'test', one.id);
    await put('test', { variables: { MARK: '?' } });
    const second = await deploy(client, slug, 'test', two.id);
    const before = await textAt(second.url);

    const { id } = await client.call('rollBackEnvironment', {
      params: { project: slug, environment: 'test' },
      body: {},
    });
    const back = await settled(client, id);

    expect([before, await textAt(back.url)]).toEqual(['two?', 'one!']);
    expect(back).toMatchObject({
      status: 'succeeded',
      restores: first.id,
      target_version: first.target_version,
      variables: { MARK: '!' },
    });
    expect(await read('test')).toMatchObject({
      variables: { MARK: '!' },
      hold: { reason: `Rolled back to ${first.id}.` },
    });
  });

  it('of a stopped project waits until the project is resumed, and can be cancelled', async () => {
    const { client, slug, put } = await scene();
    await put('test', { concurrency: 'queue' });
    const one = await release(client, slug, '1.0.0', functionTree('one'));
    const of = { params: { project: slug } };
    const params = { project: slug, environment: 'test' };
    await client.call('stopProject', { ...of, body: { reason: 'Orders are lost.' } });
    const first = await client.call('createDeployment', { params, body: { release: one.id } });
    const second = await client.call('createDeployment', { params, body: { release: one.id } });
    const board = await client.call('getBoard', of);

    const cancelled = await client.call('cancelDeployment', {
      params: { deployment: second.id },
      body: { reason: 'once is enough' },
    });
    await client.call('resumeProject', of);

    expect(board).toMatchObject({
      stopped: { reason: 'Orders are lost.' },
      environments: [{ environment: 'test', waiting: [{ id: first.id }, { id: second.id }] }],
    });
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    expect((await settled(client, first.id)).status).toBe('succeeded');
  });
});
