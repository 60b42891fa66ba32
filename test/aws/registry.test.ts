/** The adapters of registries: on the embedded ECR by AWS's own clients, and on Debian's docker-registry. */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { STSClient } from '@aws-sdk/client-sts';
import { type Quotas, type RunningCloud, startCloud } from 'embedded-cloud';
import { quotasOf } from 'embedded-cloud/quotas';
import { ecr } from 'embedded-cloud/services';
import { type TemporaryAssembly, writeAssembly } from 'embedded-cloud/test-kit/assembly.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ociRegistry } from '../../lib/aws/oci-registry.ts';
import { ecrRegistry } from '../../lib/aws/registry.ts';
import {
  type InstallationRegistry,
  type RegistryAccess,
  RegistryError,
} from '../../lib/domain/ports/registry.ts';
import { digestOf, imageOf, OCI_MANIFEST, registryContract } from '../domain/ports/registry.contract.ts';
import { type DistributionRegistry, PASSWORD, pusher, startDistribution, USERNAME } from './distribution.ts';

/** Registries of tests are on this machine, which an installation in AWS does not call (test/aws/own-registry.test.ts). */
const externalRegistry = (access: RegistryAccess) => ociRegistry(access, async () => {});

const ACCOUNT = '000000000000';
const TARGET = { projectId: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3', projectSlug: 'hello', service: 'web' };
const role = (RoleName: string, principal: object, actions: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: {
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal },
    },
    Policies: [
      {
        PolicyName: 'p',
        PolicyDocument: { Statement: { Effect: 'Allow', Action: actions, Resource: '*' } },
      },
    ],
  },
});

describe('a registry on ECR', () => {
  let folder: TemporaryAssembly;
  let cloud: RunningCloud;
  let client: ECRClient;
  let registry: InstallationRegistry;
  let throttled = false;
  const quotas: Quotas = {
    ...quotasOf('machine', 'us-east-1'),
    rateOf: (action) =>
      throttled && action.startsWith('ecr:') ? { key: action, rate: { burst: 0, perSecond: 0 } } : undefined,
  };
  const config = (credentials: RunningCloud['operator']) => ({
    ...{ endpoint: cloud.endpoint, region: 'us-east-1', maxAttempts: 1 },
    credentials,
  });
  const build = (as: RunningCloud['operator']) =>
    ecrRegistry({
      ecr: new ECRClient(config(as)),
      sts: new STSClient(config(as)),
      pushRole: `arn:aws:iam::${ACCOUNT}:role/push`,
      pullRole: `arn:aws:iam::${ACCOUNT}:role/pull`,
      prefix: 'staithe',
    });
  beforeAll(async () => {
    folder = writeAssembly({
      App: {
        Resources: {
          Jobs: role('jobs', { Service: 'lambda.amazonaws.com' }, [
            'ecr:BatchGetImage',
            'ecr:CreateRepository',
            'ecr:DeleteRepository',
            'ecr:DescribeImages',
            'ecr:DescribeRepositories',
            'ecr:GetDownloadUrlForLayer',
            'ecr:PutLifecyclePolicy',
            'ecr:TagResource',
          ]),
          Other: role('other', { Service: 'lambda.amazonaws.com' }, []),
          Push: role('push', { AWS: `arn:aws:iam::${ACCOUNT}:role/jobs` }, ['ecr:*']),
        },
      },
    });
    const { assembly, stateDir } = folder;
    cloud = await startCloud({ assembly, stateDir, services: [ecr], log: () => undefined, quotas });
    client = new ECRClient(config(cloud.operator));
    registry = build(cloud.cloud.credentials(`arn:aws:iam::${ACCOUNT}:role/jobs`));
  });
  afterAll(async () => {
    await cloud.stop();
    folder[Symbol.dispose]();
  });

  registryContract(() => ({ registry, tellsTags: true, now: Date.now, ...pusher }));

  test('keeps tags, scans, knows the project, and lets old images go', async () => {
    const { host, repository, insecure } = await registry.ensureRepository(TARGET);
    const { repositories } = await client.send(
      new DescribeRepositoriesCommand({ repositoryNames: [repository] }),
    );
    const made = repositories?.[0];
    const { tags } = await client.send(
      new ListTagsForResourceCommand({ resourceArn: made?.repositoryArn ?? '' }),
    );

    expect([repository, insecure]).toEqual(['staithe/hello/web', true]);
    expect(made?.repositoryUri).toBe(`${host}/${repository}`);
    expect(made?.imageTagMutability).toBe('IMMUTABLE_WITH_EXCLUSION');
    expect(made?.imageTagMutabilityExclusionFilters?.map(({ filter }) => filter)).toEqual([
      'local',
      'local-*',
    ]);
    expect(made?.imageScanningConfiguration).toEqual({ scanOnPush: true });
    expect(tags).toEqual([{ Key: 'staithe:project', Value: TARGET.projectId }]);
  });

  test('removes a repository with its images, and makes a whole one of the same name again', async () => {
    const target = { ...TARGET, service: 'brief' };
    const place = await registry.ensureRepository(target);
    const image = imageOf({ layers: ['a'] });
    const credential = await registry.token(place.repository);
    for (const blob of image.blobs) await pusher.putBlob(place, credential, blob);
    await pusher.putManifest(place, credential, { ...image, reference: 'latest' });

    await registry.removeRepository(target);
    await registry.removeRepository(target);
    const described = await registry.describe(place.repository, digestOf(image.text));
    await registry.ensureRepository(target);

    expect(described).toBeUndefined();
    const policy = new GetLifecyclePolicyCommand({ repositoryName: place.repository });
    expect((await client.send(policy)).lifecyclePolicyText).toContain('untagged');
  });

  test('completes a repository that an earlier process made half', async () => {
    const { repository } = await registry.ensureRepository({ ...TARGET, service: 'half' });
    const older = JSON.stringify({
      rules: [
        {
          rulePriority: 1,
          selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 },
          action: { type: 'expire' },
        },
      ],
    });
    const of = { repositoryName: repository };
    await client.send(new PutLifecyclePolicyCommand({ ...of, lifecyclePolicyText: older }));

    await build(cloud.operator).ensureRepository({ ...TARGET, service: 'half' });

    const { lifecyclePolicyText } = await client.send(new GetLifecyclePolicyCommand(of));
    expect(lifecyclePolicyText).toContain('"countNumber":500');
  });

  test('gives a credential that opens its own repository and no other', async () => {
    const mine = await registry.ensureRepository({ ...TARGET, service: 'mine' });
    const other = await registry.ensureRepository({ ...TARGET, service: 'mine-too' });
    const credential = await registry.token(mine.repository);
    const image = imageOf({ layers: ['a secret'] });
    const owner = await registry.token(other.repository);
    for (const blob of image.blobs) await pusher.putBlob(other, owner, blob);
    await pusher.putManifest(other, owner, { ...image, reference: 'v1' });
    const read = (path: string) =>
      fetch(`http://${other.host}/v2/${other.repository}/${path}`, {
        headers: {
          authorization: `Basic ${Buffer.from(`AWS:${credential.password}`).toString('base64')}`,
        },
      });

    expect(credential.username).toBe('AWS');
    await expect(pusher.putBlob(mine, credential, 'a layer')).resolves.toBeUndefined();
    await expect(pusher.putBlob(other, credential, 'a layer')).rejects.toThrow('no session policy allows');
    expect((await read('manifests/v1')).status).toBe(403);
    expect((await read(`blobs/${digestOf('a secret')}`)).status).toBe(403);
  });

  test('gives no credential to a function that the push role does not trust', async () => {
    const stranger = build(cloud.cloud.credentials(`arn:aws:iam::${ACCOUNT}:role/other`));

    await expect(stranger.token('staithe/hello/web')).rejects.toMatchObject({
      name: 'RegistryError',
      temporary: false,
      message: expect.stringContaining('not authorized to perform: sts:AssumeRole'),
    });
  });

  test('that throttles may answer later, its API and the registry itself', async () => {
    const place = await registry.ensureRepository(TARGET);
    throttled = true;
    const asked: Promise<unknown>[] = [
      registry.ensureRepository(TARGET),
      registry.token(place.repository),
      registry.describe(place.repository, digestOf('a')),
    ];
    const answers = await Promise.allSettled(asked);
    throttled = false;

    expect(answers).toHaveLength(3);
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 'rejected',
        reason: { temporary: true, message: expect.stringMatching(/Rate exceeded/) },
      });
    expect(await registry.ensureRepository(TARGET)).toEqual(place);
  });

  test('that is away may be there later', async () => {
    const nowhere = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', maxAttempts: 1 };
    const credentials = cloud.operator;
    const away = ecrRegistry({
      ecr: new ECRClient({ ...nowhere, credentials }),
      sts: new STSClient({ ...nowhere, credentials }),
      pushRole: `arn:aws:iam::${ACCOUNT}:role/push`,
      pullRole: `arn:aws:iam::${ACCOUNT}:role/pull`,
      prefix: 'staithe',
    });

    await expect(away.ensureRepository(TARGET)).rejects.toMatchObject({ temporary: true });
  });
});

describe('a registry of somebody’s own', needs('docker-registry'), () => {
  let distribution: DistributionRegistry;
  const access = (more = {}) => ({
    ...{ host: distribution.host, insecure: true, username: USERNAME, password: PASSWORD },
    ...more,
  });
  beforeAll(async () => {
    distribution = await startDistribution();
  });
  afterAll(() => distribution[Symbol.asyncDispose]());

  registryContract(() => ({
    registry: externalRegistry(access()),
    tellsTags: false,
    now: Date.now,
    ...pusher,
  }));

  test('hands out the credential that it was opened with', async () => {
    expect(await externalRegistry(access()).token('a')).toMatchObject({
      username: USERNAME,
      password: PASSWORD,
    });
  });

  test('has no repository whose name leads elsewhere', async () => {
    const described = externalRegistry(access()).describe('../../etc', digestOf('a'));

    await expect(described).rejects.toThrow("'../../etc' is no name of a repository");
  });

  test.each([
    ['a wrong password', { password: 'wrong' }],
    ['none at all', { username: '', password: '' }],
  ])('refuses %s, for good', async (_, wrong) => {
    const described = externalRegistry(access(wrong)).describe('a/b', digestOf('a'));

    await expect(described).rejects.toMatchObject({ name: 'RegistryError', temporary: false });
  });
});

describe('a registry that asks for tokens', needs('docker-registry'), () => {
  let distribution: DistributionRegistry;
  let front: Server;
  let host: string;
  let challenge: (own: string) => string;
  let leadTo: ((own: string, upstream: string) => string) | undefined;
  let asked: { path: string; authorization: string | undefined }[];
  const basic = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;

  /** In front of the registry: sells tokens for the password, and lets nobody else in. */
  const serve: RequestListener = (request, response) => {
    const { authorization } = request.headers;
    const url = new URL(request.url ?? '/', `http://${host}`);
    asked.push({ path: url.pathname + url.search, authorization });
    const upstream = `http://${distribution.host}${url.pathname}`;
    if (url.pathname === '/token') {
      const answer = authorization === basic ? { access_token: 'a-token' } : undefined;
      response.writeHead(answer === undefined ? 401 : 200).end(JSON.stringify(answer ?? {}));
    } else if (authorization !== 'Bearer a-token') {
      response.writeHead(401, { 'www-authenticate': challenge(host) }).end();
    } else if (leadTo !== undefined) {
      response.writeHead(307, { location: leadTo(host, upstream) }).end();
    } else {
      fetch(upstream, { headers: { accept: request.headers.accept ?? '*/*', authorization: basic } })
        .then(async (answer) => {
          const type = answer.headers.get('content-type') ?? 'text/plain';
          response.writeHead(answer.status, { 'content-type': type }).end(await answer.bytes());
        })
        .catch(() => response.destroy());
    }
  };
  const image = imageOf({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['x'] });
  const described = () =>
    externalRegistry({ host, insecure: true, username: USERNAME, password: PASSWORD }).describe(
      'acme/web',
      digestOf(image.text),
    );

  beforeAll(async () => {
    distribution = await startDistribution();
    const place = { host: distribution.host, repository: 'acme/web', insecure: true };
    const credential = { username: USERNAME, password: PASSWORD, expiresAt: new Date() };
    for (const blob of image.blobs) await pusher.putBlob(place, credential, blob);
    await pusher.putManifest(place, credential, { ...image, reference: 'v1' });
    front = createServer(serve).listen(0, '127.0.0.1');
    await once(front, 'listening');
    const address = front.address();
    host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(async () => {
    front.closeAllConnections();
    front.close();
    await distribution[Symbol.asyncDispose]();
  });
  const reset = () => {
    asked = [];
    leadTo = undefined;
    challenge = (own) => `Bearer realm="http://${own}/token",service="registry.test",scope="x"`;
  };

  test('sells one for the password, which is then used for everything', async () => {
    reset();

    expect(await described()).toMatchObject({ mediaType: OCI_MANIFEST, platforms: ['linux/arm64'] });
    const [, bought, ...rest] = asked;
    expect(bought).toEqual({
      path: '/token?service=registry.test&scope=repository%3Aacme%2Fweb%3Apull',
      authorization: basic,
    });
    expect(rest.map(({ authorization }) => authorization)).toEqual(['Bearer a-token', 'Bearer a-token']);
  });

  test('never gets the password sent to an address of the control plane’s own machine', async () => {
    reset();
    challenge = () => 'Bearer realm="http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"';

    await expect(described()).rejects.toThrow('leads to http://127.0.0.1:9001, which is not HTTPS');
  });

  test('cannot lead there either', async () => {
    reset();
    leadTo = () => 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next';

    await expect(described()).rejects.toThrow('leads to http://127.0.0.1:9001, which is not HTTPS');
  });

  test('that leads in circles gives no answer', async () => {
    reset();
    leadTo = (own) => `http://${own}/v2/again`;

    await expect(described()).rejects.toThrow('leads from one address to the next');
  });

  test('and then for something else is refused', async () => {
    reset();
    challenge = () => 'Negotiate';

    await expect(described()).rejects.toThrow(RegistryError);
  });
});

const ASTRAY = JSON.stringify({
  config: { digest: '../../../2018-06-01/runtime/invocation/next', size: 1 },
  layers: [],
});

describe('a registry that holds nonsense', () => {
  let server: Server;
  let host: string;
  let answer: RequestListener;
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each<[string, string, RequestListener, boolean]>([
    ['bytes of another digest', 'gave bytes of the digest', (_, r) => r.end('{}'), false],
    ['a manifest without end', 'more than 4 MiB', (_, r) => r.end(Buffer.alloc(5 * 1024 * 1024)), false],
    ['a failure of its own', 'answered with 503', (_, r) => r.writeHead(503).end(), true],
    ['too many requests', 'answered with 429', (_, r) => r.writeHead(429).end(), true],
    [
      'a digest that leads elsewhere',
      'is no digest',
      (_, r) => r.writeHead(200, { 'content-type': OCI_MANIFEST }).end(ASTRAY),
      false,
    ],
    ['a refusal', 'refused the credentials (403)', (_, r) => r.writeHead(403).end(), false],
    ['no answer', 'gave no answer', (_, r) => r.destroy(), true],
  ])('as %s is told as it is', async (_, message, listener, temporary) => {
    answer = listener;
    const described = externalRegistry({ host, insecure: true, username: '', password: '' }).describe(
      'a/b',
      digestOf(ASTRAY),
    );

    await expect(described).rejects.toMatchObject({
      name: 'RegistryError',
      temporary,
      message: expect.stringContaining(message),
    });
  });
});
