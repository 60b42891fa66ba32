/** The steps of Staithe's users, for tests that begin where these end. */

import { createHash } from 'node:crypto';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { expect } from 'vitest';
import type { Client } from '../../lib/contract/client.ts';
import type { CreateBuild } from '../../lib/domain/builds/schema.ts';
import type { Deployment } from '../../lib/domain/deployment/schema.ts';
import type { Run } from '../../lib/domain/execution/model/run.ts';
import type { LogLine } from '../../lib/domain/log/schema.ts';
import type { Release } from '../../lib/domain/release/schema.ts';
import type { Source } from '../../lib/domain/source/schema.ts';
import type { PresignedUpload } from '../../lib/domain/upload.ts';
import { tarGz } from '../archive/craft.ts';

/** A tree of files, by their paths. */
export type Tree = Readonly<Record<string, string>>;

let slugs = 0;
/** A slug that no other test of this file has. */
export const newSlug = (name = 'p'): string => `${name}-${++slugs}`;

/** Makes a project. @returns its slug */
export async function newProject(client: Client, slug = newSlug()): Promise<string> {
  await client.call('createProject', { body: { slug } });
  return slug;
}

/** Makes the environment `test`, which deploys to a function of its own. */
export async function newEnvironment(client: Client, project: string, health = '/health'): Promise<void> {
  await client.call('putEnvironment', {
    params: { project, environment: 'test' },
    body: { target: { kind: 'lambda', function_name: `${project}-test` }, health_path: health },
  });
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function pack(tree: Tree): Buffer<ArrayBuffer> {
  return Buffer.from(tarGz(...Object.entries(tree).map(([name, content]) => ({ name, content }))));
}

/** A tree of one Lambda function that answers `body`, and `health` with the status. */
export function functionTree(body: string, health = 200): Tree {
  return {
    'staithe.yaml': 'services:\n  web:\n    artifacts: index.mjs\n',
    'index.mjs': `export const handler = async ({ rawPath }) => rawPath === '/health' ? { statusCode: ${health} } : ${JSON.stringify(body)};\n`,
  };
}

/** A tree of one service with these commands, which keeps the file `out`. */
export function commandTree(commands: readonly string[], timeout = '60s'): Tree {
  const service = { commands, artifacts: 'out', timeout };
  return { 'staithe.yaml': JSON.stringify({ services: { app: service } }) };
}

export function send(upload: PresignedUpload, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(upload.url, { method: upload.method, headers: upload.headers, body: bytes });
}

/** Announces and uploads an archive. */
export async function upload(
  client: Client,
  project: string,
  bytes: Buffer<ArrayBuffer>,
  format: 'tar.gz' | 'zip' = 'tar.gz',
): Promise<Source> {
  const source = await client.call('createSource', {
    params: { project },
    body: { sha256: digestOf(bytes), size_bytes: bytes.length, format },
  });
  if (source.upload !== null) {
    const answer = await send(source.upload, bytes);
    expect(answer.status, await answer.text()).toBe(200);
  }
  return source;
}

export interface Started {
  readonly buildId: string;
  readonly runId: string;
}

export async function startBuild(
  client: Client,
  project: string,
  tree: Tree | Buffer<ArrayBuffer>,
  asked: Partial<CreateBuild> = {},
): Promise<Started> {
  const source = await upload(client, project, Buffer.isBuffer(tree) ? tree : pack(tree));
  const build = await client.call('createBuild', {
    params: { project },
    // Tests that build the same tree twice mean to build it twice; those of reuse say so.
    body: { source_id: source.id, force_rebuild: true, ...asked },
  });
  if (build.latest_run === null) throw new Error('The build was not started.');
  return { buildId: build.id, runId: build.latest_run.id };
}

/** Waits until a run has ended. */
export function ended(client: Client, runId: string): Promise<Run> {
  return until(
    () => client.call('getRun', { params: { run: runId } }),
    ({ status }) => status !== 'pending' && status !== 'building',
  );
}

/** Builds a tree to its end. */
export async function build(
  client: Client,
  project: string,
  tree: Tree | Buffer<ArrayBuffer>,
  asked: Partial<CreateBuild> = {},
): Promise<Started & { run: Run }> {
  const started = await startBuild(client, project, tree, asked);
  return { ...started, run: await ended(client, started.runId) };
}

/** All lines of a build's log. */
export async function logOf(client: Client, buildId: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.call('getBuildLogs', {
      params: { build: buildId },
      query: { limit: 1000, ...(cursor !== undefined && { cursor }) },
    });
    lines.push(...page.items);
    if (page.complete) return lines;
    cursor = page.next_cursor;
  }
}

/** Builds a tree and cuts a release of it. */
export async function release(
  client: Client,
  project: string,
  version: string,
  tree: Tree,
): Promise<Release> {
  const { buildId, run } = await build(client, project, tree);
  expect(run).toMatchObject({ status: 'completed' });
  return client.call('createRelease', { params: { project }, body: { build_id: buildId, version } });
}

const UNDER_WAY = ['pending', 'awaiting_approval', 'waiting', 'deploying', 'verifying'];

/** Waits until a deployment has ended. */
export function settled(client: Client, id: string): Promise<Deployment> {
  return until(
    () => client.call('getDeployment', { params: { deployment: id } }),
    ({ status }) => !UNDER_WAY.includes(status),
  );
}

/** Deploys a release to its end. */
export async function deploy(
  client: Client,
  project: string,
  environment: string,
  ref: string,
): Promise<Deployment> {
  const params = { project, environment };
  const { id } = await client.call('createDeployment', { params, body: { release: ref } });
  return settled(client, id);
}
