import { beforeEach, describe, expect, test } from 'vitest';
import { artifacts } from '../../lib/domain/artifact/record.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import { ERRORS, type ErrorCode } from '../../lib/domain/error-codes.ts';
import * as Image from '../../lib/domain/image/index.ts';
import { externalRepository, nativeName } from '../../lib/domain/image/repository.ts';
import { tagOfJob } from '../../lib/domain/image/schema.ts';
import { type ExternalRegistry, Registry } from '../../lib/domain/manifest/schema.ts';
import { RegistryError } from '../../lib/domain/ports/registry.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { runningJob } from './execution/running-job.ts';
import { imageOf } from './ports/registry.contract.ts';
import { ADMIN, refusal, type World, world } from './world.ts';

const IMAGE = { dockerfile: 'Dockerfile', push: true, tags: ['v1', 'sha-0f0d3c1'], build_args: {} };
const own = (more: object = {}): ExternalRegistry => {
  const registry = Registry.parse({ host: 'registry.test:5000', ...more });
  if (typeof registry === 'string') throw new Error(`'${registry}' is no registry of one's own.`);
  return registry;
};

let place: World;
beforeEach(async () => {
  place = await world();
});

type Facts = Parameters<typeof runningJob>[2];
const imageJob = (facts: Facts = {}) =>
  runningJob(place.ports, place.project, {
    registry: 'native',
    ...facts,
    spec: { image: IMAGE, ...facts?.spec },
  });

async function tokenOf(facts: Facts = {}) {
  const { job, actor } = await imageJob(facts);
  return Image.registryToken(place.ports, actor, job.id);
}

const setSecret = (name: string, value: string) =>
  Secret.put(place.ports, ADMIN, place.project, name, { value });

async function refusalOf(call: Promise<unknown>): Promise<StaitheError> {
  const error = await call.catch((caught: unknown) => caught);
  if (!(error instanceof StaitheError)) throw new Error(`It was not refused: ${String(error)}`);
  return error;
}

describe('the credential of an image job', () => {
  test('opens the repository of its project and service in the installation’s registry', async () => {
    const token = await tokenOf();

    expect(token).toMatchObject({
      registry: 'registry.test',
      repository: 'staithe/hello/web',
      username: 'AWS',
      password: expect.stringContaining('staithe/hello/web'),
      expires_at: '2026-11-21T10:30:00.000Z',
      insecure: false,
    });
  });

  test('is kept nowhere', async () => {
    const { password } = await tokenOf();

    expect(JSON.stringify(place.ports.table.all())).not.toContain(password);
  });

  test('of a registry of one’s own is made of the project’s secrets, whose reading is noted', async () => {
    await setSecret('REGISTRY_USERNAME', 'builder');
    await setSecret('HUB_TOKEN', 'a token of the hub');

    const token = await tokenOf({
      registry: own({ host: 'docker.io', namespace: 'acme', auth: { token_secret: 'HUB_TOKEN' } }),
    });

    expect(token).toMatchObject({
      registry: 'docker.io',
      repository: 'acme/web',
      username: 'builder',
      password: 'a token of the hub',
      insecure: false,
      remedy: expect.stringContaining('staithe secret set HUB_TOKEN --project hello'),
    });
    const reads = await Secret.reads(place.ports, place.project, 'HUB_TOKEN', { limit: 10 });
    expect(reads.items).toMatchObject([{ service: 'web' }]);
  });

  test('is refused with the commands to type when the project lacks a secret', async () => {
    await setSecret('REGISTRY_USERNAME', 'builder');

    const error = await refusalOf(tokenOf({ registry: own() }));

    expect(error).toMatchObject({
      code: 'registry_credential_missing',
      message: expect.stringContaining('the secret REGISTRY_PASSWORD, which the project does not have'),
      remedy: expect.stringContaining('staithe secret set REGISTRY_PASSWORD --project hello'),
    });
  });

  test.each<[string, Facts]>([
    ['that leaves files', { spec: { image: null } }],
    ['of a fork’s pull request', { trust: 'fork' }],
    ['of a fork’s pull request, also in a registry of one’s own', { trust: 'fork', registry: own() }],
    ['whose image is kept as a file', { spec: { image: { ...IMAGE, push: false } } }],
    ['of a project without a registry', { registry: 'none' }],
  ])('is not given to a job %s', async (_, facts) => {
    await setSecret('REGISTRY_USERNAME', 'builder');
    await setSecret('REGISTRY_PASSWORD', 'secret');

    expect(await refusal(tokenOf(facts))).toBe('registry_forbidden');
  });

  test('is not given once the job has ended, nor to the agent of an earlier attempt', async () => {
    const ended = await imageJob({ status: 'completed' });
    const taken = await imageJob();
    const earlier = { ...taken.actor, claim_id: '7f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d21' };

    expect(await refusal(Image.registryToken(place.ports, ended.actor, ended.job.id))).toBe('wrong_state');
    expect(await refusal(Image.registryToken(place.ports, earlier, taken.job.id))).toBe('wrong_state');
  });

  test.each<[boolean, ErrorCode]>([
    [true, 'registry_unavailable'],
    [false, 'registry_refused'],
  ])('says whether trying again helps when the registry gives none (%s)', async (temporary, code) => {
    place.ports.registry.failure = new RegistryError('ECR is away.', temporary);

    expect(await refusalOf(tokenOf())).toMatchObject({ code, message: 'ECR is away.' });
    expect(ERRORS[code].kind === 'busy').toBe(temporary);
  });
});

describe('an image that was pushed', () => {
  const AMD64 = { platform: { os: 'linux', architecture: 'amd64' }, layers: ['one', 'two!'] };

  /** Pushes as a builder does. @returns the digest */
  function pushed(repository = 'staithe/hello/web', tags = ['v1']): string {
    const { text, blobs, mediaType } = imageOf(AMD64);
    for (const blob of blobs) place.ports.registry.putBlob(repository, blob);
    return place.ports.registry.putManifest(repository, text, mediaType, tags);
  }
  const recorded = async (tags: string[], digest: string, facts: Facts = {}) => {
    const { job, actor } = await imageJob(facts);
    return { job, ...(await Image.record(place.ports, actor, job.id, { digest, tags })) };
  };

  test('is an artifact as the registry describes it', async () => {
    const digest = pushed();

    const { artifact_id, job } = await recorded(['v1'], digest);

    const stored = await artifacts.get(place.ports.table, Keys.artifact(artifact_id));
    expect(stored?.value).toMatchObject({
      kind: 'image',
      status: 'stored',
      job_id: job.id,
      service: 'web',
      digest,
      image: {
        ref: `registry.test/staithe/hello/web@${digest}`,
        tags: ['v1'],
        platforms: ['linux/amd64'],
        media_type: 'application/vnd.oci.image.manifest.v1+json',
      },
    });
    expect(stored?.value.size_bytes).toBeGreaterThanOrEqual('one'.length + 'two!'.length);
  });

  test('is recorded once, however often the agent says so', async () => {
    const digest = pushed();
    const { job, actor } = await imageJob();
    const record = () => Image.record(place.ports, actor, job.id, { digest, tags: ['v1'] });

    const [first, second] = [await record(), await record()];

    expect(second).toEqual(first);
  });

  test('has only those tags that its job was to give and the registry knows', async () => {
    const digest = pushed('staithe/hello/web', ['v1', 'latest']);

    const { artifact_id } = await recorded(['v1', 'sha-0f0d3c1', 'latest'], digest);

    const stored = await artifacts.get(place.ports.table, Keys.artifact(artifact_id));
    expect(stored?.value.image?.tags).toEqual(['v1']);
  });

  test('may have the tag of its job alone', async () => {
    const { job, actor } = await imageJob();
    const digest = pushed('staithe/hello/web', [tagOfJob(job.id)]);

    const { artifact_id } = await Image.record(place.ports, actor, job.id, {
      digest,
      tags: [tagOfJob(job.id)],
    });

    const stored = await artifacts.get(place.ports.table, Keys.artifact(artifact_id));
    expect(stored?.value.image?.tags).toEqual([tagOfJob(job.id)]);
  });

  test('is not believed when the registry does not hold it, or in another repository only', async () => {
    const elsewhere = pushed('staithe/hello/api');

    expect(await refusal(recorded(['v1'], `sha256:${'0'.repeat(64)}`))).toBe('image_unknown');
    expect(await refusal(recorded(['v1'], elsewhere))).toBe('image_unknown');
  });
});

describe('where an image goes', () => {
  test.each([
    [{}, undefined, 'web'],
    [{ namespace: 'acme' }, undefined, 'acme/web'],
    [{ host: 'public.ecr.aws/w7c4v0w3', namespace: 'acme' }, undefined, 'w7c4v0w3/acme/web'],
    [{ namespace: 'acme' }, 'site', 'acme/site'],
    [{ namespace: 'acme' }, 'other/site', 'other/site'],
    [{ namespace: 'acme' }, 'registry.test:5000/other/site', 'other/site'],
  ])('follows from the registry %o and the image %s', (registry, image, repository) => {
    expect(externalRepository(own(registry), 'web', image).repository).toBe(repository);
  });

  test.each([
    ['127.0.0.1:5000', true],
    ['localhost:5000', true],
    ['registry.test', false],
    ['127.0.0.1.example.com', false],
  ])('is plain HTTP on loopback only: %s', (host, insecure) => {
    expect(externalRepository(own({ host }), 'web', undefined)).toMatchObject({ host, insecure });
  });

  test('is not another host than the registry’s', async () => {
    const error = await refusalOf(
      Promise.resolve().then(() => externalRepository(own(), 'web', 'ghcr.io/acme/web')),
    );

    expect(error).toMatchObject({
      code: 'registry_misconfigured',
      message: expect.stringContaining('ghcr.io'),
    });
  });

  test('is called by one word in the installation’s registry', async () => {
    expect(nativeName('web', undefined)).toBe('web');
    expect(nativeName('web', 'site')).toBe('site');
    expect(await refusal(async () => nativeName('web', 'registry.test/acme/site'))).toBe(
      'registry_misconfigured',
    );
  });
});
