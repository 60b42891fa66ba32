import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ApiError, type Client, createClient } from '../../lib/contract/client.ts';
import { eventually, TEST_LIMIT, until } from '../patience.ts';
import { artifactsAreThere } from './limited-round.ts';
import { serverProcess } from './server-process.ts';
import { type Acknowledged, KINDS, startWorkload } from './workload.ts';

const KILLS = 20;
/** Set STAITHE_TEST_SEED to what a failure printed to see it again, as far as timing lets it. */
const SEED = Number(process.env.STAITHE_TEST_SEED ?? Date.now() % 1_000_000);

/** mulberry32 (Tommy Ettinger, public domain): numbers from 0 to 1 that follow from a seed. */
function randomFrom(seed: number): () => number {
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

async function missing(client: Client, all: readonly Acknowledged[]): Promise<Acknowledged[]> {
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

/** Everything of the installation that has not come to an end, acknowledged or not. */
async function unfinished(client: Client): Promise<string[]> {
  const open: string[] = [];
  const projects = (await client.call('listProjects', { query: { limit: 100 } })).items;
  for (const { slug } of projects) {
    const params = { project: slug };
    for (const { id } of (await client.call('listBuilds', { params })).items)
      for (const run of (await client.call('listRuns', { params: { build: id } })).items)
        if (run.completed_at === undefined) open.push(`${run.id} ${run.status}`);
    for (const environment of (await client.call('listEnvironments', { params })).items) {
      const inEnvironment = { ...params, environment: environment.name };
      for (const one of (await client.call('listDeployments', { params: inEnvironment })).items)
        if (one.completed_at === undefined) open.push(`${one.id} ${one.status}`);
      if (environment.active_deployment_id !== undefined)
        open.push(`${slug}/${environment.name} waits for ${environment.active_deployment_id}`);
    }
  }
  return open;
}

it(
  `a server that is killed ${KILLS} times loses nothing that it acknowledged, and everything ends (seed ${SEED})`,
  async ({ annotate }) => {
    const random = randomFrom(SEED);
    await using server = await serverProcess();
    server.start();
    const first = await server.ready();
    const client = createClient(first);
    const workload = startWorkload(() => client, random, 2);

    // After each start what is new is looked for; in the end everything.
    let checked = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // Every third start is killed while it is at it.
      if (kill % 3 !== 2) {
        expect(await server.ready()).toEqual(first);
        const news = workload.acknowledged.slice(checked);
        expect(await missing(client, news), `after kill ${kill}`).toEqual([]);
        checked += news.length;
      }
      await delay(random() * (kill % 3 === 2 ? 800 : 1500));
      await server.kill();
      server.start();
    }
    expect(await server.ready()).toEqual(first);
    // Undisturbed now, the work gets on to everything that there is.
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
    const failed = await failures(client, workload.acknowledged);
    const sums = `${workload.acknowledged.length} things acknowledged, ${failed.length} runs and deployments failed by kills`;
    await annotate(`seed ${SEED}: ${sums}, ${workload.served.size} functions serve`);
    expect(failed.filter(({ reason }) => reason === undefined)).toEqual([]);
    for (const [url, answer] of workload.served) expect(await (await fetch(url)).text()).toBe(answer);
  },
  2 * TEST_LIMIT,
);

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
