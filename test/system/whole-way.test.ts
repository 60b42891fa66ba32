import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  build,
  deploy,
  digestOf,
  ended,
  functionTree,
  logOf,
  newEnvironment,
  newProject,
  startBuild,
} from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;

beforeAll(async () => {
  staithe = await sharedStaithe();
});

afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client);

const environment = (slug: string, health?: string) => newEnvironment(staithe.client, slug, health);

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
      target_version: '1',
    });
    expect(await textAt(deployment.url)).toBe('hello');
    expect(
      await client.call('getEnvironment', { params: { project: slug, environment: 'test' } }),
    ).toMatchObject({ current_release_id: cut.id, url: deployment.url });
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
