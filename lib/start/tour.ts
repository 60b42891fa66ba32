/** The whole way of `examples/hello-function`: source, build, artifact, release, deployment, answer. Repeatable. */
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packTree } from '../archive/index.ts';
import { ApiError, type Client } from '../contract/client.ts';
import type { Deployment } from '../domain/deployment/schema.ts';
import type { Run } from '../domain/execution/model/run.ts';
import type { Release } from '../domain/release/schema.ts';
import type { PresignedUpload } from '../domain/upload.ts';
import type { Step } from './steps.ts';

/** Names of the tour's own, so that what a reader types next is not taken. */
export const PROJECT = 'hello-function';
const ENVIRONMENT = 'test';
const VERSION = '0.1.0';
/** How often a status is asked for: often enough that the times shown are those of the work. */
const ASK_EVERY_MS = 25;

/** The value, or undefined where there is none yet. */
async function found<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 404) return undefined;
    throw error;
  });
}

async function until<T>(ask: () => Promise<T>, ended: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (ended(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** @returns the URL at which the example answers. @throws Error saying which step failed and why */
export async function tour(client: Client, step: Step, example: string): Promise<string> {
  await step(
    'project',
    async () =>
      (await found(client.call('getProject', { params: { project: PROJECT } }))) ??
      client.call('createProject', { body: { slug: PROJECT } }),
    ({ id }) => id,
  );
  const release =
    (await found(client.call('resolveRelease', { params: { project: PROJECT, release: VERSION } }))) ??
    (await makeRelease(client, step, example));
  const url = await deploy(client, step, release);
  await step(
    'call what was deployed',
    () => answerOf(url),
    (answer) => answer,
  );
  return url;
}

async function makeRelease(client: Client, step: Step, example: string): Promise<Release> {
  const sourceId = await step(
    'upload the source',
    () => upload(client, example),
    (id) => id,
  );
  const created = await step(
    'build',
    () => build(client, sourceId),
    ({ run }) => `${run.artifact_ids.length} artifact`,
  );
  const artifacts = await client.call('listBuildArtifacts', { params: { build: created.buildId } });
  await step(
    'artifact stored',
    async () => artifacts.items,
    (items) =>
      items
        .map(({ name, digest, size_bytes }) => `${name} ${size_bytes} bytes ${digest?.slice(0, 19)}…`)
        .join(', '),
  );
  return step(
    `release ${VERSION}`,
    () =>
      client.call('createRelease', {
        params: { project: PROJECT },
        body: { build_id: created.buildId, version: VERSION },
      }),
    ({ id }) => id,
  );
}

async function upload(client: Client, example: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'staithe-tour-'));
  try {
    const file = join(folder, 'source.tar.gz');
    const { sha256, sizeBytes } = await packTree(example, { out: file });
    const source = await client.call('createSource', {
      params: { project: PROJECT },
      body: { sha256, size_bytes: sizeBytes },
    });
    if (source.upload !== null) await send(source.upload, file);
    return source.id;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function send(upload: PresignedUpload, file: string): Promise<void> {
  const response = await fetch(upload.url, {
    method: upload.method,
    headers: upload.headers,
    body: await openAsBlob(file),
  });
  if (!response.ok)
    throw new Error(`The upload was answered with ${response.status}: ${await response.text()}`);
}

async function build(client: Client, sourceId: string): Promise<{ buildId: string; run: Run }> {
  const { id: buildId, latest_run: started } = await client.call('createBuild', {
    params: { project: PROJECT },
    body: { source_id: sourceId },
  });
  if (started === null) throw new Error(`Build ${buildId} was not started.`);
  const ask = () => client.call('getRun', { params: { run: started.id } });
  const run = await until(ask, ({ status }) => status !== 'pending' && status !== 'building');
  if (run.status !== 'completed')
    throw new Error(
      `Run ${run.id} ${run.status}: ${run.error?.message ?? ''} ${run.error?.hint ?? ''}\n${run.error?.last_lines?.join('\n') ?? ''}`,
    );
  return { buildId, run };
}

async function deploy(client: Client, step: Step, release: Release): Promise<string> {
  const inEnvironment = { project: PROJECT, environment: ENVIRONMENT };
  const environment =
    (await found(client.call('getEnvironment', { params: inEnvironment }))) ??
    (await step(`environment ${ENVIRONMENT}`, () =>
      client.call('putEnvironment', {
        params: inEnvironment,
        body: { target: { kind: 'lambda', function_name: 'hello-function-test' }, health_path: '/health' },
      }),
    ));
  if (environment.current_release_id !== undefined && environment.url !== undefined) return environment.url;
  const deployment = await step(
    `deploy to ${ENVIRONMENT}`,
    () => finished(client, release, inEnvironment),
    ({ url }) => url ?? '',
  );
  if (deployment.url === undefined) throw new Error(`Deployment ${deployment.id} has no preview URL.`);
  return deployment.url;
}

async function finished(
  client: Client,
  release: Release,
  params: { project: string; environment: string },
): Promise<Deployment> {
  const { id } = await client.call('createDeployment', { params, body: { release: release.id } });
  const running = new Set(['pending', 'deploying', 'verifying']);
  const deployment = await until(
    () => client.call('getDeployment', { params: { deployment: id } }),
    ({ status }) => !running.has(status),
  );
  if (deployment.status !== 'succeeded')
    throw new Error(`Deployment ${id} ${deployment.status}: ${deployment.error?.message ?? ''}`);
  return deployment;
}

async function answerOf(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text.trim();
}
