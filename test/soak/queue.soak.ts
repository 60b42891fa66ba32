import { TEST_LIMIT, until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, createClient } from '../../lib/contract/client.ts';
import { commandTree, pack, upload } from '../system/flow.ts';
import { type ServerProcess, serverProcess } from '../system/server-process.ts';
import { AMOUNT } from './amount.ts';

let server: ServerProcess;
let client: Client;

beforeAll(async () => {
  server = await serverProcess();
  server.start();
  const connection = await server.ready();
  client = createClient(connection);
}, TEST_LIMIT);

afterAll(() => server[Symbol.asyncDispose]());

it(`${AMOUNT.queuedBuilds} builds wait in the queue of a project while every read is answered, and all of them end`, async () => {
  const project = 'queue';
  await client.call('createProject', { body: { slug: project, max_concurrent_jobs: 1 } });
  const source = await upload(client, project, pack(commandTree(['echo built > out'])));
  const ids: string[] = [];
  let next = 0;
  const create = async () => {
    while (next < AMOUNT.queuedBuilds) {
      const idempotencyKey = `queued-${next++}`;
      const body = { source_id: source.id, force_rebuild: true };
      const { id } = await client.call('createBuild', { params: { project }, body, idempotencyKey });
      ids.push(id);
    }
  };

  let queued = false;
  const queueing = Promise.all(Array.from({ length: 20 }, create)).finally(() => {
    queued = true;
  });
  // Waited for below; until then a failure there is none of the reads.
  queueing.catch(() => undefined);
  let reads = 0;
  while (!queued) {
    await Promise.all([
      client.call('getHealth'),
      client.call('getProject', { params: { project } }),
      client.call('listBuilds', { params: { project } }),
    ]);
    reads += 3;
  }
  await queueing;
  process.stdout.write(`${reads} reads were answered while ${ids.length} builds were queued\n`);

  expect(new Set(ids).size).toBe(AMOUNT.queuedBuilds);
  // One is built to its end; the others are told to.
  const latest = async (build: string) => (await client.call('getBuild', { params: { build } })).latest_run;
  await until(
    async () => (await latest(ids[0] ?? ''))?.status,
    (status) => status === 'completed',
  );
  const rest = [...ids];
  const cancel = async () => {
    for (let build = rest.pop(); build !== undefined; build = rest.pop())
      if ((await latest(build))?.completed_at === undefined)
        // It may have ended between the two.
        await client.call('cancelBuild', { params: { build } }).catch(() => undefined);
  };
  await Promise.all(Array.from({ length: 20 }, cancel));
  for (const build of ids)
    await until(
      async () => (await latest(build))?.status,
      (status) => status === 'completed' || status === 'cancelled',
    );
});
