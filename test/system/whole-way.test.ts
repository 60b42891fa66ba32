import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import { build, deploy, digestOf, ended, functionTree, logOf, newSlug, release, startBuild } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function project(): Promise<string> {
  const slug = newSlug();
  await staithe.client.call('createProject', { body: { slug } });
  return slug;
}

async function environment(slug: string, health = '/health'): Promise<void> {
  await staithe.client.call('putEnvironment', {
    params: { project: slug, environment: 'test' },
    body: { target: { kind: 'lambda', function_name: `${slug}-test` }, health_path: health },
  });
}

const textAt = async (url: string | undefined) => (await fetch(url ?? '')).text();

describe('the service', () => {
  it('tells everybody that it is well, and what it can do', async () => {
    const nobody = staithe.as(undefined);
    const { version } = await nobody.call('getHealth');
    const document = await nobody.call('getOpenApi');
    expect(document).toMatchObject({ info: { version }, servers: [{ url: staithe.url }] });
  });
});

describe('the whole way', () => {
  it('a tree that is uploaded is built, released by digest, deployed, and answers at its preview URL', async () => {
    const { client } = staithe;
    const slug = await project();

    const { buildId, run } = await build(client, slug, functionTree('hello'));
    expect(run).toMatchObject({ status: 'completed', progress: 100, stage: 'done' });
    const [artifact, ...others] = (await client.call('listBuildArtifacts', { params: { build: buildId } }))
      .items;
    expect(others).toEqual([]);
    expect(artifact).toMatchObject({ service: 'web', name: 'web.zip', status: 'stored' });

    const answer = await client.raw('downloadArtifact', { params: { artifact: artifact?.id ?? '' } });
    const bytes = new Uint8Array(await (await fetch(answer.headers.get('location') ?? '')).arrayBuffer());
    expect(answer.headers.get('x-staithe-digest')).toBe(artifact?.digest);
    expect(`sha256:${digestOf(bytes)}`).toBe(artifact?.digest);
    expect(bytes.length).toBe(artifact?.size_bytes);

    const cut = await client.call('createRelease', {
      params: { project: slug },
      body: { build_id: buildId, version: '1.0.0', tag: 'first' },
    });
    expect(cut.artifacts).toMatchObject([{ service: 'web', digest: artifact?.digest }]);
    for (const ref of ['1.0.0', 'first', 'latest', cut.id])
      expect(await client.call('resolveRelease', { params: { project: slug, release: ref } })).toMatchObject({
        id: cut.id,
      });

    await environment(slug);
    const deployment = await deploy(client, slug, 'test', 'latest');
    expect(deployment).toMatchObject({
      status: 'succeeded',
      digest: artifact?.digest,
      function_version: '1',
    });
    expect(await textAt(deployment.preview_url)).toBe('hello');
    expect(
      await client.call('getEnvironment', { params: { project: slug, environment: 'test' } }),
    ).toMatchObject({ current_release_id: cut.id, preview_url: deployment.preview_url });
  });

  it('a log can be read while its build runs, each line with its time and service', async () => {
    const { client } = staithe;
    const slug = await project();
    const { buildId, runId } = await startBuild(client, slug, {
      'staithe.yaml': JSON.stringify({
        services: { app: { commands: ['echo first; sleep 1000'], artifacts: 'out' } },
      }),
    });

    let line: { timestamp: string; service: string } | undefined;
    await expect
      .poll(async () => {
        const page = await client.call('getBuildLogs', { params: { build: buildId }, query: { wait: 1 } });
        line = page.items.find(({ message }) => message === 'first');
        return { complete: page.complete, found: line !== undefined };
      })
      .toEqual({ complete: false, found: true });
    const running = await client.call('getRun', { params: { run: runId } });
    await client.call('cancelRun', { params: { run: runId } });

    expect(line).toMatchObject({ service: 'app' });
    expect(Date.parse(line?.timestamp ?? '')).toBeGreaterThanOrEqual(Date.parse(running.created_at));
    expect(running.status).toBe('building');
  });

  it('the log of a build that has ended is whole and in order', async () => {
    const { client } = staithe;
    const slug = await project();
    const count = 3000;
    const { buildId, run } = await build(client, slug, {
      'staithe.yaml': JSON.stringify({
        services: { app: { commands: [`seq -f 'line %.0f' ${count} | tee out`], artifacts: 'out' } },
      }),
    });

    const lines = (await logOf(client, buildId)).map(({ message }) => message);
    expect(run.status).toBe('completed');
    expect(lines.filter((line) => line.startsWith('line '))).toEqual(
      Array.from({ length: count }, (_, index) => `line ${index + 1}`),
    );
  });

  it('the same tree built twice is the same digest, in another project too', async () => {
    const { client } = staithe;
    const tree = functionTree('same');
    const [one, other] = [await project(), await project()];

    const builds = [
      await build(client, one, tree),
      await build(client, one, tree),
      await build(client, other, tree),
    ];

    const digests = await Promise.all(
      builds.map(async ({ buildId }) =>
        (await client.call('listBuildArtifacts', { params: { build: buildId } })).items.map(
          ({ digest }) => digest,
        ),
      ),
    );
    expect(digests[0]).toHaveLength(1);
    expect(digests).toEqual([digests[0], digests[0], digests[0]]);
  });

  it('a build can be run again, and a release takes the newest completed run', async () => {
    const { client } = staithe;
    const slug = await project();
    const { buildId, runId } = await build(client, slug, functionTree('again'));

    const again = await client.call('createRun', { params: { build: buildId }, body: {} });
    await ended(client, again.id);

    const runs = await client.call('listRuns', { params: { build: buildId } });
    expect(runs.items.map(({ id, status }) => [id, status])).toEqual([
      [again.id, 'completed'],
      [runId, 'completed'],
    ]);
    const cut = await client.call('createRelease', {
      params: { project: slug },
      body: { build_id: buildId, tag: 'x' },
    });
    expect(cut.run_id).toBe(again.id);
  });
});

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
    const before = await textAt(first.preview_url);
    const second = await deploy(client, slug, 'test', two.id);

    expect([before, await textAt(first.preview_url)]).toEqual(['one', 'two']);
    expect(second).toMatchObject({
      status: 'succeeded',
      preview_url: first.preview_url,
      previous_version: first.function_version,
    });
    expect(second.digest).toBe(two.artifacts[0]?.digest);
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
      const { preview_url: url } = await deploy(client, slug, 'test', id);
      return textAt(url);
    };

    expect([await painted('red'), await painted('blue')]).toEqual(['red', 'blue']);
  });

  it('a release whose function does not answer its health path is rolled back, and the old one answers on', async () => {
    const { client } = staithe;
    const slug = await project();
    await environment(slug);
    const good = await release(client, slug, '1.0.0', functionTree('good'));
    const bad = await release(client, slug, '2.0.0', functionTree('bad', 503));

    const first = await deploy(client, slug, 'test', good.id);
    const second = await deploy(client, slug, 'test', bad.id);

    expect(second.status).toBe('rolled_back');
    expect(second.error?.message).toContain('/health answered 503');
    expect(second.error?.hint).toContain(`Version ${first.function_version} serves again`);
    expect(await textAt(first.preview_url)).toBe('good');
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
    expect(await textAt(second.preview_url)).toBe('good');
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
