/** What must hold after kills: nothing lost, nothing doubled, nothing stuck, and a reason for what has failed. */

import { eventually, until } from 'embedded-cloud/test-kit/patience.ts';
import { expect } from 'vitest';
import { ApiError, type Client } from '../../lib/contract/client.ts';
import { MAX_ATTEMPTS } from '../../lib/domain/retries.ts';
import { expectAudited } from './audited.ts';
import { artifactsAreThere } from './limited-round.ts';
import { type Acknowledged, KINDS, type Workload } from './workload.ts';

/** Set STAITHE_TEST_SEED to what a failure printed to see it again, as far as timing lets it. */
export const SEED = Number(process.env.STAITHE_TEST_SEED ?? Date.now() % 1_000_000);

/** mulberry32 (Tommy Ettinger, public domain): numbers from 0 to 1 that follow from a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whether something that was acknowledged is there. */
async function isThere(client: Client, { kind, id }: Acknowledged): Promise<boolean> {
  const [project = '', environment = ''] = id.split('/');
  const get = {
    project: () => client.call('getProject', { params: { project: id } }),
    source: () => client.call('getSource', { params: { source: id } }),
    build: () => client.call('getBuild', { params: { build: id } }),
    run: () => client.call('getRun', { params: { run: id } }),
    release: () => client.call('getRelease', { params: { release: id } }),
    environment: () => client.call('getEnvironment', { params: { project, environment } }),
    deployment: () => client.call('getDeployment', { params: { deployment: id } }),
    secret: () => client.call('getSecret', { params: { project, name: environment } }),
    artifact: () => client.call('getArtifact', { params: { artifact: id } }),
    rerun: () => client.call('getRun', { params: { run: id } }),
    reused: () => artifactsAreThere(client, id),
  }[kind];
  return get().then(
    (found) => found !== false,
    (error: unknown) => {
      if (error instanceof ApiError && error.problem.status === 404) return false;
      throw error;
    },
  );
}

export async function missing(client: Client, all: readonly Acknowledged[]): Promise<Acknowledged[]> {
  const lost: Acknowledged[] = [];
  // Twenty at once: as many as the machine's two processors keep busy.
  for (let from = 0; from < all.length; from += 20)
    await Promise.all(
      all.slice(from, from + 20).map(async (one) => {
        if (!(await isThere(client, one))) lost.push(one);
      }),
    );
  return lost;
}

/** All pages of a list. */
async function all<Item>(
  list: (cursor: string | undefined) => Promise<{ items: readonly Item[]; next_cursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list(cursor);
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return items;
}

const slugs = async (client: Client): Promise<string[]> =>
  (await all((cursor) => client.call('listProjects', { query: { limit: 100, cursor } }))).map(
    ({ slug }) => slug,
  );

/** What one project has of everything that a round makes. */
async function contentOf(client: Client, project: string) {
  const params = { project };
  const query = (cursor: string | undefined) => ({ params, query: { limit: 100, cursor } });
  const builds = await all((cursor) => client.call('listBuilds', query(cursor)));
  const releases = await all((cursor) => client.call('listReleases', query(cursor)));
  const environments = (await client.call('listEnvironments', { params })).items;
  const deployments = await Promise.all(
    environments.map(({ name }) =>
      all((cursor) =>
        client.call('listDeployments', {
          params: { project, environment: name },
          query: { limit: 100, cursor },
        }),
      ),
    ),
  );
  return { project, builds, releases, environments, deployments: deployments.flat() };
}

/** Everything of the installation that has not come to an end, acknowledged or not. */
async function unfinished(client: Client): Promise<string[]> {
  const open: string[] = [];
  for (const slug of await slugs(client)) {
    const { builds, environments, deployments } = await contentOf(client, slug);
    for (const { id } of builds)
      for (const run of (await client.call('listRuns', { params: { build: id } })).items)
        if (run.completed_at === undefined) open.push(`${run.id} ${run.status}`);
    for (const one of deployments) if (one.completed_at === undefined) open.push(`${one.id} ${one.status}`);
    for (const { name, active_deployment_id: active } of environments)
      if (active !== undefined) open.push(`${slug}/${name} waits for ${active}`);
  }
  return open;
}

/** Projects with more of something than their round has asked for, however often it had to ask. */
async function doubled(client: Client): Promise<string[]> {
  const found: string[] = [];
  for (const slug of await slugs(client)) {
    const { builds, releases, environments, deployments } = await contentOf(client, slug);
    // A round with an environment builds once; the other builds, and builds the same again.
    const most = { builds: environments.length > 0 ? 1 : 2, releases: 1, deployments: 1 };
    const has = { builds: builds.length, releases: releases.length, deployments: deployments.length };
    if (has.builds > most.builds || has.releases > most.releases || has.deployments > most.deployments)
      found.push(`${slug}: ${JSON.stringify(has)}`);
  }
  const tokens = await all((cursor) => client.call('listTokens', { query: { limit: 100, cursor } }));
  const admins = tokens.filter(({ role, project_id }) => role === 'admin' && project_id === undefined);
  if (admins.length > 1) found.push(`${admins.length} admin tokens`);
  return found;
}

/** Why acknowledged runs and deployments have failed. */
async function failures(client: Client, all: readonly Acknowledged[]) {
  const ended = await Promise.all(
    all.map(async ({ kind, id }) => {
      if (kind === 'run' || kind === 'rerun') return client.call('getRun', { params: { run: id } });
      if (kind === 'deployment') return client.call('getDeployment', { params: { deployment: id } });
      return undefined;
    }),
  );
  return ended
    .filter((one) => one !== undefined)
    .filter(({ status }) => status !== 'completed' && status !== 'succeeded')
    .map(({ id, status, error }) => ({ id, status, reason: error?.message }));
}

/**
 * Lets the work, undisturbed now, get on to everything that there is; then looks whether all of it is as it was
 * acknowledged.
 * @returns a line with the sums
 */
export async function expectAllWell(client: Client, workload: Workload): Promise<string> {
  const kinds = () => new Set(workload.acknowledged.map(({ kind }) => kind));
  // A whole round in a queue of one after the other, on a machine that still mends what was killed.
  await eventually(() => expect(KINDS.filter((kind) => !kinds().has(kind))).toEqual([]));
  await workload.stop();

  expect(workload.surprises).toEqual([]);
  expect(await missing(client, workload.acknowledged)).toEqual([]);
  await until(
    () => unfinished(client),
    (open) => open.length === 0,
  );
  expect(await doubled(client)).toEqual([]);
  const failed = await failures(client, workload.acknowledged);
  expect(failed.filter(({ reason }) => reason === undefined)).toEqual([]);
  for (const [url, answer] of workload.served) expect(await (await fetch(url)).text()).toBe(answer);
  const entries = await expectAudited(client, await slugs(client), workload.acknowledged);
  const sums = `${workload.acknowledged.length} things acknowledged, ${failed.length} runs and deployments failed by kills`;
  return `${sums}, ${workload.served.size} functions serve, ${entries}`;
}

/**
 * What became of jobs whose agent or machine was killed: fewer losses than there are attempts are no reason to fail.
 * @returns a line with the sums
 */
export async function expectLossesMadeGood(client: Client, all: readonly Acknowledged[]): Promise<string> {
  const runIds = all.filter(({ kind }) => kind === 'run' || kind === 'rerun').map(({ id }) => id);
  const made = await Promise.all(
    runIds.map(async (run) => (await client.call('listJobs', { params: { run } })).items),
  );
  const lost = made.flat().filter((job) => job.lost_attempts.length > 0);
  const attempts = lost.map(({ id, status, lost_attempts, error }) => ({
    id,
    status,
    losses: lost_attempts.length,
    // A command that was killed itself has failed, whatever came before.
    code: error?.code,
    message: error?.message,
  }));
  expect(attempts.filter(({ code, losses }) => code === 'internal_error' && losses < MAX_ATTEMPTS)).toEqual(
    [],
  );
  const completed = attempts.filter(({ status }) => status === 'completed').length;
  expect(completed).toBeGreaterThan(0);
  const given = attempts.filter(({ losses }) => losses === MAX_ATTEMPTS).length;
  return `${lost.length} jobs lost attempts, ${completed} of them completed, ${given} lost all ${MAX_ATTEMPTS}`;
}
