/** Pulling images of the installation's registry: by HTTP as the distribution specification has it, and with a tool. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { logIn } from '../../lib/cli/registries/tool.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import type { PullToken } from '../../lib/domain/image/schema.ts';
import type { RegistryCredential } from '../../lib/domain/ports/registry.ts';
import { pusher } from '../aws/distribution.ts';
import { digestOf, imageOf } from '../domain/ports/registry.contract.ts';
import { newSlug } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { allItems } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const LAYER = 'the bytes of a layer';
const IMAGE = imageOf({ platform: { os: 'linux', architecture: 'amd64' }, layers: [LAYER] });

/** A project whose service `web` has an image with the tag v1, pushed by the operator. */
async function projectWithImage(): Promise<string> {
  const slug = newSlug('pull');
  await staithe.client.call('createProject', { body: { slug } });
  const ecr = new ECRClient(staithe.aws);
  const created = await ecr.send(new CreateRepositoryCommand({ repositoryName: `staithe/${slug}/web` }));
  const [host = '', ...name] = created.repository?.repositoryUri?.split('/') ?? [];
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [username = '', password = ''] = Buffer.from(
    authorizationData?.[0]?.authorizationToken ?? '',
    'base64',
  )
    .toString()
    .split(':');
  const place = { host, repository: name.join('/'), insecure: true };
  const credential = { username, password, expiresAt: new Date() };
  for (const blob of IMAGE.blobs) await pusher.putBlob(place, credential, blob);
  await pusher.putManifest(place, credential, { ...IMAGE, reference: 'v1' });
  return slug;
}

const tokenFor = (project: string) => staithe.client.call('createPullToken', { params: { project } });
const placeOf = (token: PullToken, repository = `${token.repositories}/web`) => ({
  host: token.registry,
  repository,
  insecure: token.insecure,
});
const credentialOf = ({ username, password }: PullToken): RegistryCredential => ({
  username,
  password,
  expiresAt: new Date(),
});

function read(token: PullToken, path: string, method = 'GET'): Promise<Response> {
  const basic = Buffer.from(`${token.username}:${token.password}`).toString('base64');
  return fetch(`http://${token.registry}/v2/${path}`, {
    method,
    headers: { authorization: `Basic ${basic}` },
  });
}

describe('a credential to pull', () => {
  it('reads the manifests and layers of its project, within the hour', async () => {
    const token = await tokenFor(await projectWithImage());

    const manifest = await read(token, `${token.repositories}/web/manifests/v1`);
    const layer = await read(token, `${token.repositories}/web/blobs/${digestOf(LAYER)}`);

    expect(digestOf(await manifest.text())).toBe(digestOf(IMAGE.text));
    expect(await layer.text()).toBe(LAYER);
    const left = Date.parse(token.expires_at) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(3_600_000);
  });

  it('is a new one for the repeat of a request as well, and is kept nowhere', async () => {
    const slug = await projectWithImage();
    const send = (body?: object) =>
      staithe.http('POST', `/v1/projects/${slug}/pull-token`, {
        ...(body && { body }),
        token: staithe.adminToken,
        headers: { 'idempotency-key': `pull-${slug}` },
      });

    const answers = [await send(), await send(), ...(await Promise.all([send(), send()]))];
    const other = await send({ another: 'body' });
    const table = JSON.stringify(await allItems(staithe));

    expect(answers.map(({ status, headers }) => [status, headers.get('idempotency-replayed')])).toEqual(
      answers.map(() => [200, null]),
    );
    const passwords = answers.map(({ body }) => ROUTES.createPullToken.success.body.parse(body).password);
    expect(new Set(passwords).size).toBe(passwords.length);
    expect(passwords.filter((password) => table.includes(password))).toEqual([]);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('pushes nothing, and removes nothing', async () => {
    const token = await tokenFor(await projectWithImage());
    const [place, credential] = [placeOf(token), credentialOf(token)];

    await expect(pusher.putBlob(place, credential, 'another layer')).rejects.toThrow(': 403');
    await expect(pusher.putManifest(place, credential, { ...IMAGE, reference: 'v2' })).rejects.toThrow(
      ': 403',
    );
    const removal = await read(
      token,
      `${token.repositories}/web/manifests/${digestOf(IMAGE.text)}`,
      'DELETE',
    );
    expect(removal.ok).toBe(false);
  });

  it('opens no repository of another project, whatever its name begins with', async () => {
    const [mine, other] = [await projectWithImage(), await projectWithImage()];
    const token = await tokenFor(mine);
    await staithe.client.call('createProject', { body: { slug: `${mine}-more` } });
    const elsewhere = [`staithe/${other}/web`, `staithe/${mine}-more/web`];

    const answers = await Promise.all(
      elsewhere.flatMap((repository) => [
        read(token, `${repository}/manifests/v1`),
        read(token, `${repository}/blobs/${digestOf(LAYER)}`),
      ]),
    );

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  it('is given to those who see the project', async () => {
    const [mine, other] = [await projectWithImage(), await projectWithImage()];
    const { secret } = await staithe.client.call('createToken', { body: { role: 'viewer', project: mine } });
    const viewer = staithe.as(secret);

    expect(await viewer.call('createPullToken', { params: { project: mine } })).toMatchObject({
      repositories: `staithe/${mine}`,
      insecure: true,
    });
    await expect(viewer.call('createPullToken', { params: { project: other } })).rejects.toMatchObject({
      problem: { status: 404 },
    });
  });
});

describe('with buildah', needs('buildah'), () => {
  it('a login is kept for the registry', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'login-'));
    vi.stubEnv('REGISTRY_AUTH_FILE', join(folder, 'auth.json'));
    const token = await tokenFor(await projectWithImage());

    await logIn('buildah', token, token.password);

    const kept = readFileSync(join(folder, 'auth.json'), 'utf8');
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
    expect(JSON.parse(kept)).toMatchObject({ auths: { [token.registry]: { auth: expect.any(String) } } });
  });

  it('a login that is refused says why', async () => {
    const token = await tokenFor(await projectWithImage());

    await expect(logIn('buildah', token, 'wrong')).rejects.toMatchObject({
      problem: { code: 'login_failed' },
      lines: [expect.stringContaining('|')],
    });
  });
});
