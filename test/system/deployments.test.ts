import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import type { CreateDeployment } from '../../lib/domain/deployment/asked.ts';
import { build, deploy, functionTree, newEnvironment, newProject, release, settled } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;

beforeAll(async () => {
  staithe = await sharedStaithe();
});

afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client);

const environment = (slug: string, health?: string) => newEnvironment(staithe.client, slug, health);

const textAt = async (url: string | undefined) => (await fetch(url ?? '')).text();

// Side by side, as much of each is waiting for functions that do not answer.
describe.concurrent('deployments', () => {
  it('another release moves the alias to its own version at the same URL', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const [one, two] = [
      await release(client, slug, '1.0.0', functionTree('one')),
      await release(client, slug, '2.0.0', functionTree('two')),
    ];

    const first = await deploy(client, slug, 'test', one.id);
    const before = await textAt(first.url);
    const second = await deploy(client, slug, 'test', two.id);

    expect([before, await textAt(first.url)]).toEqual(['one', 'two']);
    expect(second).toMatchObject({
      status: 'succeeded',
      url: first.url,
      previous_version: first.target_version,
    });
    expect(second.digest).toBe(two.artifacts[0]?.digest);
  });

  it('a build, its commit, and its artifacts by digest are deployed as one release', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const git_sha = 'c0ffee1'.padEnd(40, '0');
    const { run } = await build(client, slug, functionTree('direct'), { git_sha });
    const params = { project: slug, environment: 'test' };
    const deployed = async (body: CreateDeployment) =>
      settled(client, (await client.call('createDeployment', { params, body })).id);

    const direct = await deployed({ direct: true });
    const all = [
      await deployed({ git_sha: 'c0ffee1', manifest_hash: run.manifest_hash }),
      await deployed({ artifacts: [direct.digest] }),
    ];

    expect(await textAt(direct.preview_url)).toBe('direct');
    expect(all).toMatchObject([1, 2].map(() => ({ release_id: direct.release_id, status: 'succeeded' })));
    const { items } = await client.call('listReleases', { params: { project: slug } });
    expect(items).toMatchObject([{ id: direct.release_id, git_sha }]);
  });

  it('a deployment brings the variables that the environment has by then', async () => {
    const { client } = staithe;
    const slug = await project();
    const tree = {
      ...functionTree('painted'),
      'index.mjs': 'export const handler = async () => process.env.COLOR;\n',
    };
    const { id } = await release(client, slug, '1.0.0', tree);
    const painted = async (COLOR: string) => {
      await client.call('putEnvironment', {
        params: { project: slug, environment: 'test' },
        body: { target: { kind: 'lambda', function_name: slug }, variables: { COLOR } },
      });
      const { url } = await deploy(client, slug, 'test', id);
      return textAt(url);
    };

    expect([await painted('red'), await painted('blue')]).toEqual(['red', 'blue']);
  });

  it('a yanked release is deployed no more, and a range goes on to the next one', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const good = await release(client, slug, '1.1.0', functionTree('good'));
    const bad = await release(client, slug, '1.2.0', functionTree('bad'));
    const yank = { params: { release: bad.id }, body: { reason: 'Loses orders.' } };

    await client.call('yankRelease', yank);
    const refused = await deploy(client, slug, 'test', '1.2.0').catch((error: unknown) => error);
    const deployed = await deploy(client, slug, 'test', '^1.0');

    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({
      problem: { status: 409, code: 'release_yanked', detail: expect.stringContaining('Loses orders.') },
    });
    expect(deployed).toMatchObject({ status: 'succeeded', release_id: good.id });
  });

  it('a release of nothing that is named is of the newest build, under the version that follows', async () => {
    const { client } = staithe;
    const slug = await project();
    const first = await release(client, slug, '1.1.0', functionTree('one'));

    const next = await client.call('createRelease', { params: { project: slug }, body: { bump: 'minor' } });

    expect(next).toMatchObject({ version: '1.2.0', build_id: first.build_id, artifacts: first.artifacts });
  });

  it('a release whose function does not answer its health path gets no traffic, and the old one answers on', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const good = await release(client, slug, '1.0.0', functionTree('good'));
    const bad = await release(client, slug, '2.0.0', functionTree('bad', 503));

    const first = await deploy(client, slug, 'test', good.id);
    const second = await deploy(client, slug, 'test', bad.id);

    expect(second).toMatchObject({ status: 'failed', checks: [{ kind: 'http', percent: 0, ok: false }] });
    expect(second.url).toBeUndefined();
    expect(second.error?.message).toContain('/health answered 503');
    expect(second.error?.hint).toContain(`Version ${first.target_version} serves as before`);
    expect(await textAt(first.url)).toBe('good');
    const now = await client.call('getEnvironment', { params: { project: slug, environment: 'test' } });
    expect(now).toMatchObject({ current_release_id: good.id });
    expect(now.active_deployment_id).toBeUndefined();
  });

  it('a first deployment that does not answer has failed, and the next one may begin', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const bad = await release(client, slug, '1.0.0', functionTree('bad', 500));
    const good = await release(client, slug, '1.0.1', functionTree('good'));

    const first = await deploy(client, slug, 'test', bad.id);
    const second = await deploy(client, slug, 'test', good.id);

    expect(first).toMatchObject({ status: 'failed' });
    expect(first.error?.message).toContain('/health answered 500');
    expect(second).toMatchObject({ status: 'succeeded' });
    expect(await textAt(second.url)).toBe('good');
  });

  it('a function that throws at import fails its deployment', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const broken = await release(client, slug, '1.0.0', {
      ...functionTree('x'),
      'index.mjs': 'throw new Error("no");',
    });

    expect(await deploy(client, slug, 'test', broken.id)).toMatchObject({ status: 'failed' });
  });

  it('an environment takes one deployment at a time', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const { id } = await release(client, slug, '1.0.0', functionTree('x'));
    const params = { project: slug, environment: 'test' };
    const request = () =>
      client.call('createDeployment', { params, body: { release: id } }).then(
        () => 'accepted',
        (error: unknown) => (error instanceof ApiError ? error.problem.code : String(error)),
      );

    const outcomes = await Promise.all([request(), request(), request(), request()]);

    expect(outcomes.sort()).toEqual([
      'accepted',
      'deployment_in_progress',
      'deployment_in_progress',
      'deployment_in_progress',
    ]);
  });
});
