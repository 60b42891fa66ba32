/** Services that become container images: built on the privileged machine, pushed to the installation's registry or one's own. */

import { createHash } from 'node:crypto';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Artifact } from '../../lib/domain/artifact/schema.ts';
import { type DockerDaemon, startDocker } from '../agent/image/docker-daemon.ts';
import { FAILING, imageSource, TWO_STAGES } from '../agent/image/tree.ts';
import { type DistributionRegistry, PASSWORD, startDistribution, USERNAME } from '../aws/distribution.ts';
import { build, ended, logOf, newEnvironment, newSlug, upload } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';

afterAll(() => {
  vi.unstubAllEnvs();
});

/** Staithe on a machine that has this builder, and no other that would be tried before it. */
function withBuilder(builder: 'buildah' | DockerDaemon): Promise<Staithe> {
  // Asked for when the first image is built.
  vi.stubEnv('DOCKER_HOST', builder === 'buildah' ? 'unix:///nonexistent/docker.sock' : builder.host);
  return startStaithe();
}

const PLATFORM = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
const SERVICE = { dockerfile: 'Dockerfile', build_args: { GREETING: 'built here' } };
const sourceOf = (manifest: object, dockerfile = TWO_STAGES) =>
  imageSource(dockerfile, { 'staithe.yaml': JSON.stringify(manifest) });

async function project({ client }: Staithe): Promise<string> {
  const slug = newSlug('img');
  await client.call('createProject', { body: { slug } });
  return slug;
}

async function artifactsOf({ client }: Staithe, buildId: string): Promise<Artifact[]> {
  return (await client.call('listBuildArtifacts', { params: { build: buildId } })).items;
}

const textOf = async ({ client }: Staithe, buildId: string) =>
  (await logOf(client, buildId)).map(({ message }) => message).join('\n');

/** Builds a service to its end and cuts a release of it. */
async function wholeWay(place: Staithe) {
  const slug = await project(place);
  const { buildId, run } = await build(place.client, slug, sourceOf({ services: { web: SERVICE } }));
  const log = await textOf(place, buildId);
  expect(run, log).toMatchObject({ status: 'completed' });
  const release = await place.client.call('createRelease', {
    params: { project: slug },
    body: { build_id: buildId, version: '1.0.0' },
  });
  return { slug, log, release, artifacts: await artifactsOf(place, buildId) };
}

describe('a service with a Dockerfile', needs('root', 'buildah', 'busybox', 'docker-registry'), () => {
  let staithe: Staithe;
  let registry: DistributionRegistry;
  beforeAll(async () => {
    registry = await startDistribution();
    // A registry of one's own on this machine is nothing that builds may reach, unless its operator says so.
    process.env.EMBEDDED_CLOUD_BUILD_REACH = registry.host;
    staithe = await withBuilder('buildah');
  });
  afterAll(async () => {
    await staithe[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it('becomes an image in the installation’s registry, and a release holds its digest', async () => {
    const { slug, log, release, artifacts } = await wholeWay(staithe);

    const [artifact, ...others] = artifacts;
    expect(others).toEqual([]);
    expect(artifact).toMatchObject({
      kind: 'image',
      service: 'web',
      status: 'stored',
      image: { tags: ['local'], platforms: [PLATFORM] },
    });
    expect(artifact?.size_bytes).toBeGreaterThan(0);
    expect(artifact?.image?.ref).toMatch(new RegExp(`/${slug}/web@${artifact?.digest}$`));
    expect(release.artifacts).toMatchObject([{ service: 'web', kind: 'image', digest: artifact?.digest }]);
    expect(log).toContain('with buildah');
    expect(log).toContain('said built here');
    // The same by its digest alone.
    const named = await staithe.client.call('createRelease', {
      params: { project: slug },
      body: { image_digests: { app: `web@${artifact?.digest}` } },
    });
    expect(named.artifacts).toMatchObject([
      { service: 'app', kind: 'image', digest: artifact?.digest, size_bytes: artifact?.size_bytes },
    ]);
    // Nothing deploys images yet; they are found all the same.
    await newEnvironment(staithe.client, slug);
    const planned = staithe.client.call('planDeployment', {
      params: { project: slug, environment: 'test' },
      body: { images: { other: `web@${artifact?.digest}` } },
    });
    await expect(planned).rejects.toThrow('web is application/vnd.oci.image.');
  });

  it('gives the tag local to its newest image', async () => {
    const slug = await project(staithe);
    const files = (text: string) => ({
      'staithe.yaml': JSON.stringify({ services: { web: SERVICE } }),
      text,
    });

    const first = await build(staithe.client, slug, imageSource(TWO_STAGES, files('first')));
    const second = await build(staithe.client, slug, imageSource(TWO_STAGES, files('second')));

    const [earlier] = await artifactsOf(staithe, first.buildId);
    const [later] = await artifactsOf(staithe, second.buildId);
    expect(later?.digest).not.toBe(earlier?.digest);
    expect(later?.image?.tags, await textOf(staithe, second.buildId)).toEqual(['local']);
  });

  it('gets the tag of a build that takes it as it is, on the same digest', async () => {
    const slug = await project(staithe);
    const source = sourceOf({ services: { web: SERVICE } });
    const commit = { git_sha: 'f'.repeat(40), force_rebuild: false };
    const first = await build(staithe.client, slug, source, { ...commit, git_ref: 'refs/heads/main' });

    const tagged = await build(staithe.client, slug, source, { ...commit, git_ref: 'refs/tags/v9' });

    expect(tagged.run, JSON.stringify(tagged.run.error)).toMatchObject({
      status: 'completed',
      reused_from: first.run.id,
    });
    const [artifact] = await artifactsOf(staithe, tagged.buildId);
    expect(artifact?.image?.tags).toEqual(['sha-fffffff', 'v9']);
  });

  it('is told of as one that fails at the instruction that failed', async () => {
    const slug = await project(staithe);
    const source = sourceOf({ services: { web: SERVICE } }, FAILING);

    const { run, buildId } = await build(staithe.client, slug, source);

    expect(run.error, await textOf(staithe, buildId)).toMatchObject({
      code: 'build_error',
      service: 'web',
      step: 'build image',
      stage: expect.stringMatching(/^\[build \d\/\d\] RUN /),
    });
    expect(await artifactsOf(staithe, buildId)).toEqual([]);
  });

  it('goes to a registry of the project’s own with the secrets of the project', async () => {
    const { client } = staithe;
    const slug = await project(staithe);
    const own = { host: registry.host, namespace: 'acme' };
    const source = sourceOf({ services: { web: SERVICE }, registry: own });
    const put = (name: string, value: string) =>
      client.call('putSecret', { params: { project: slug, name }, body: { value } });

    const without = await build(client, slug, source);
    await Promise.all([put('REGISTRY_USERNAME', USERNAME), put('REGISTRY_PASSWORD', 'wrong')]);
    const wrong = await build(client, slug, source);
    await put('REGISTRY_PASSWORD', PASSWORD);
    const right = await build(client, slug, source);

    expect(without.run.error).toMatchObject({
      code: 'auth_error',
      hint: expect.stringContaining(`staithe secret set REGISTRY_USERNAME --project ${slug}`),
    });
    expect(wrong.run.error).toMatchObject({ code: 'auth_error', step: 'push image' });
    const log = await textOf(staithe, right.buildId);
    expect(right.run, log).toMatchObject({ status: 'completed' });
    expect(log).not.toContain(PASSWORD);
    const [artifact] = await artifactsOf(staithe, right.buildId);
    expect(artifact?.image?.ref).toBe(`${registry.host}/acme/web@${artifact?.digest}`);
    expect(await digestUnder(registry.host, 'acme/web', 'local')).toBe(artifact?.digest);
  });

  it('is kept as a file when the project has no registry, and when a fork’s pull request brings it', async () => {
    const { client } = staithe;
    const slug = await project(staithe);
    const none = await build(client, slug, sourceOf({ services: { web: SERVICE }, registry: 'none' }));
    const source = await upload(client, slug, sourceOf({ services: { web: SERVICE } }));

    const forked = await client.call('createBuild', {
      params: { project: slug },
      body: { source_id: source.id, trust: 'fork' },
    });
    await ended(client, forked.latest_run?.id ?? '');

    const kept = { name: 'web.image.tar', kind: 'file', status: 'stored' };
    expect(await artifactsOf(staithe, none.buildId), await textOf(staithe, none.buildId)).toMatchObject([
      kept,
    ]);
    expect(await artifactsOf(staithe, forked.id), await textOf(staithe, forked.id)).toMatchObject([kept]);
  });
});

/** What the project's own registry has under a tag, by its bytes. */
async function digestUnder(host: string, repository: string, tag: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const url = `http://${host}/v2/${repository}/manifests/${tag}`;
  const answer = await fetch(url, { headers: { authorization, accept } });
  return `sha256:${createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')}`;
}

describe('on a machine with Docker', needs('docker', 'busybox'), () => {
  it('an image is built by its daemon and goes to the registry as well', async () => {
    vi.unstubAllEnvs();
    await using docker = await startDocker();
    await using place = await withBuilder(docker);

    const { log, artifacts, release } = await wholeWay(place);

    expect(log).toMatch(/with docker buildx?: /);
    expect(artifacts).toMatchObject([{ kind: 'image', image: { platforms: [PLATFORM] } }]);
    expect(release.artifacts).toMatchObject([{ digest: artifacts[0]?.digest }]);
  });
});
