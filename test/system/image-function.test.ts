/** A function that is an image of the installation's registry: pushed, released by its digest, deployed, run. */
import { readFileSync } from 'node:fs';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { END, tarPiece } from '../archive/craft.ts';
import { pusher } from '../aws/distribution.ts';
import { digestOf, OCI_CONFIG, OCI_MANIFEST } from '../domain/ports/registry.contract.ts';
import { deploy, newProject } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

/** Answers each request with a text, in the shell of busybox. */
const runtime = (text: string) => `#!/bin/busybox sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  /bin/busybox wget -q -S -O /dev/null "$api/next" 2>/tmp/headers
  id=$(/bin/busybox sed -n 's/.*[Aa]ws-[Rr]equest-[Ii]d: *//p' /tmp/headers | /bin/busybox tr -d '\\r')
  /bin/busybox wget -q -O /dev/null --post-data '"${text}"' "$api/$id/response"
done
`;

const PLATFORM = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
const ARCHITECTURE = process.arch === 'x64' ? 'x86_64' : 'arm64';

function imageOf(text: string) {
  const layer = new Uint8Array(
    Buffer.concat([
      tarPiece({ name: 'bin/busybox', content: readFileSync('/usr/bin/busybox'), mode: 0o755 }),
      tarPiece({ name: 'runtime', content: runtime(text), mode: 0o755 }),
      END,
    ]),
  );
  const config = JSON.stringify({
    ...PLATFORM,
    config: { Entrypoint: ['/runtime'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const part = (mediaType: string, bytes: Uint8Array | string) => ({
    mediaType,
    digest: digestOf(bytes),
    size: Buffer.byteLength(bytes),
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: part(OCI_CONFIG, config),
    layers: [part('application/vnd.oci.image.layer.v1.tar', layer)],
  });
  return { blobs: [config, layer], text: manifest, mediaType: OCI_MANIFEST };
}

/** The repository of a project's service `web`, and a push into it. */
async function repository(slug: string) {
  const ecr = new ECRClient(staithe.aws);
  const created = await ecr.send(new CreateRepositoryCommand({ repositoryName: `staithe/${slug}/web` }));
  const [host = '', ...name] = created.repository?.repositoryUri?.split('/') ?? [];
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  ecr.destroy();
  const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
  const [username = '', password = ''] = token.split(':');
  const place = { host, repository: name.join('/'), insecure: true };
  const credential = { username, password, expiresAt: new Date() };
  return async (text: string): Promise<string> => {
    const image = imageOf(text);
    for (const blob of image.blobs) await pusher.putBlob(place, credential, blob);
    await pusher.putManifest(place, credential, { ...image, reference: text });
    return digestOf(image.text);
  };
}

describe('a function that is an image', needs('bubblewrap', 'busybox'), () => {
  it('is deployed by its digest, replaced, and rolled back', async () => {
    const { client } = staithe;
    const slug = await newProject(client, 'image-function');
    const push = await repository(slug);
    await client.call('putEnvironment', {
      params: { project: slug, environment: 'test' },
      body: {
        target: {
          kind: 'lambda',
          package: 'image',
          function_name: `${slug}-test`,
          architecture: ARCHITECTURE,
        },
      },
    });
    const release = async (text: string) =>
      client.call('createRelease', {
        params: { project: slug },
        body: { tag: text, image_digests: { web: await push(text) } },
      });
    const one = await release('one');
    const two = await release('two');
    const textAt = async (url: string | undefined) => (await fetch(url ?? '')).text();

    const first = await deploy(client, slug, 'test', one.id);
    const answers = [await textAt(first.url)];
    const second = await deploy(client, slug, 'test', two.id);
    answers.push(await textAt(second.url));
    const third = await client.call('rollBackEnvironment', {
      params: { project: slug, environment: 'test' },
      body: {},
    });

    expect([first, second]).toMatchObject([
      { status: 'succeeded', digest: one.artifacts[0]?.digest },
      { status: 'succeeded', digest: two.artifacts[0]?.digest },
    ]);
    expect(first.image).toMatch(new RegExp(`^[^/]+/staithe/${slug}/web@${first.digest}$`));
    expect(answers).toEqual(['one', 'two']);
    expect(third).toMatchObject({ restores: first.id, target_version: first.target_version });
  });
});
