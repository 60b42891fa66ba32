/** An embedded cloud with a registry, two roles, and a plain HTTP client of the registry. */
import { createHash } from 'node:crypto';
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import { ecr } from '../../src/ecr/index.ts';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';

export const ACCOUNT = '000000000000';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const repositoryArn = (name: string) => `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/${name}`;
export const digestOf = (bytes: string | Uint8Array) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const allow = (Action: string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
const role = (RoleName: string, statements: object[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: {
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/operator` },
      },
    },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: statements } }],
  },
});

/** What AWS documents as needed to pull and to push. */
export const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'];
export const PUSH = [
  ...PULL,
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
];

const RESOURCES = {
  Pusher: role('pusher', [allow(['ecr:GetAuthorizationToken'], '*'), allow(PUSH, repositoryArn('team/*'))]),
  Puller: role('puller', [allow(['ecr:GetAuthorizationToken'], '*'), allow(PULL, repositoryArn('team/*'))]),
};

export interface RegistryCloud extends AsyncDisposable {
  readonly running: RunningCloud;
  readonly folder: TemporaryAssembly;
  readonly client: ECRClient;
  /** An API client with another role's session. */
  as(roleName: string, policy?: object): Promise<ECRClient>;
  /** The registry's address. */
  readonly host: Promise<string>;
  /** Moves the cloud's clock; real clients sign by the real one, so by less than 15 minutes while they call. */
  ahead: number;
}

/** @param given a folder to start on, which the caller removes */
export async function startRegistryCloud(given?: TemporaryAssembly, ahead = 0): Promise<RegistryCloud> {
  const folder = given ?? writeAssembly({ App: { Resources: RESOURCES } });
  const { assembly, stateDir } = folder;
  const running = await startCloud({
    assembly,
    stateDir,
    services: [ecr],
    now: () => Date.now() + ahead,
    log: () => undefined,
  });
  const settings = { endpoint: running.endpoint, region: 'us-east-1', maxAttempts: 1 };
  const client = new ECRClient({ ...settings, credentials: running.operator });
  return {
    running,
    folder,
    client,
    async as(roleName, policy) {
      const { Credentials } = await new STSClient({ ...settings, credentials: running.operator }).send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::${ACCOUNT}:role/${roleName}`,
          RoleSessionName: 'test',
          ...(policy === undefined ? {} : { Policy: JSON.stringify(policy) }),
        }),
      );
      const credentials = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      };
      return new ECRClient({ ...settings, credentials });
    },
    host: running.cloud.port('ecr').then((port) => `127.0.0.1:${port}`),
    get ahead() {
      return ahead;
    },
    set ahead(milliseconds) {
      ahead = milliseconds;
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      if (given === undefined) folder[Symbol.dispose]();
    },
  };
}

/** `user:password` of the registry, for whoever the client is. */
export async function passwordOf(client: ECRClient): Promise<string> {
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  return Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
}

/** The distribution API by plain fetch. */
export class Registry {
  readonly #host: string;
  readonly #userPassword: string | undefined;

  constructor(host: string, userPassword: string | undefined) {
    this.#host = host;
    this.#userPassword = userPassword;
  }

  fetch(path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#userPassword !== undefined)
      headers.set('authorization', `Basic ${Buffer.from(this.#userPassword).toString('base64')}`);
    return fetch(new URL(path, `http://${this.#host}`), { ...init, headers, redirect: 'error' });
  }

  /** A layer in two requests, as the specification has it. @returns its digest */
  async pushLayer(repository: string, bytes: string | Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    const begun = await this.fetch(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    if (begun.status !== 202) throw new RegistryAnswer(begun.status, await begun.text());
    const done = await this.fetch(`${begun.headers.get('location')}?digest=${digest}`, {
      method: 'PUT',
      body: Buffer.from(bytes),
      headers: { 'content-type': 'application/octet-stream' },
    });
    if (done.status !== 201) throw new RegistryAnswer(done.status, await done.text());
    return digest;
  }

  putManifest(repository: string, reference: string, manifest: object, type = OCI_MANIFEST) {
    return this.fetch(`/v2/${repository}/manifests/${reference}`, {
      method: 'PUT',
      body: JSON.stringify(manifest),
      headers: { 'content-type': type },
    });
  }

  /** An image of one layer. @returns the digest of its manifest */
  async pushImage(repository: string, reference: string | undefined, content: string): Promise<string> {
    const manifest = await this.image(repository, content);
    const digest = digestOf(JSON.stringify(manifest));
    const put = await this.putManifest(repository, reference ?? digest, manifest);
    if (put.status !== 201) throw new RegistryAnswer(put.status, await put.text());
    return digest;
  }

  /** Pushes configuration and layer. @returns the manifest that is still to be put */
  async image(repository: string, content: string, architecture = 'amd64') {
    const config = JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [] } });
    return {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: await this.pushLayer(repository, config),
        size: config.length,
      },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: await this.pushLayer(repository, content),
          size: Buffer.byteLength(content),
        },
      ],
    };
  }
}

export class RegistryAnswer extends Error {
  readonly status: number;
  constructor(status: number, body: string) {
    super(`${status} ${body}`);
    this.status = status;
  }
}

/** The code of the first error in an answer. */
export async function errorOf(response: Response): Promise<string> {
  const body: unknown = await response.json();
  const [, code] = /"code":"(\w+)"/.exec(JSON.stringify(body)) ?? [];
  return `${response.status} ${code}`;
}
