/** A released function that answers with what its environment says, and deployments of it. */
import type { Client } from '../../lib/contract/client.ts';
import type { Deployment } from '../../lib/domain/deployment/schema.ts';
import type { Bench } from '../installation.ts';
import { completed, noopProject, startNoop } from '../noop.ts';

const MANIFEST = 'services:\n  web:\n    artifacts: index.mjs\n';
const CODE = 'export const handler = async () => process.env.ANSWER;\n';
const ENVIRONMENT = 'test';
/** How often the URL is asked: finer than what is measured, and little work beside it. */
const ASK_MS = 10;
const STATUS_MS = 50;

export interface Deployable {
  readonly params: { readonly project: string; readonly environment: string };
  readonly release: string;
}

export async function deployable(client: Client, { scratch }: Bench): Promise<Deployable> {
  const noop = await noopProject(client, scratch, 'deploy', MANIFEST, { 'index.mjs': CODE });
  const { build, run } = await startNoop(client, noop);
  await completed(client, run);
  const { project } = noop;
  const { id: release } = await client.call('createRelease', {
    params: { project },
    body: { build_id: build, version: '1.0.0' },
  });
  return { params: { project, environment: ENVIRONMENT }, release };
}

/** Sets what the next deployment is to answer: another configuration, so that it makes another version. */
export async function configured(client: Client, { params }: Deployable, answer: string): Promise<void> {
  const target = { kind: 'lambda', function_name: 'staithe-bench-deploy' } as const;
  await client.call('putEnvironment', { params, body: { target, variables: { ANSWER: answer } } });
}

export const deployed = async (client: Client, { params, release }: Deployable): Promise<Deployment> =>
  client.call('createDeployment', { params, body: { release } });

/** @throws Error unless it succeeded */
export async function succeeded(client: Client, id: string): Promise<Deployment> {
  for (;;) {
    const found = await client.call('getDeployment', { params: { deployment: id } });
    if (found.status === 'succeeded') return found;
    if (found.completed_at !== undefined)
      throw new Error(`Deployment ${id} ${found.status}: ${found.error?.message}`);
    await new Promise((resolve) => setTimeout(resolve, STATUS_MS));
  }
}

/** Milliseconds from the request until its URL answers so. */
export async function untilLive(url: string, answer: string, ask: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await ask();
  while ((await (await fetch(url)).text()) !== answer)
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  return performance.now() - began;
}
