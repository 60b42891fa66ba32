/** Kills a server with all that it has started, again and again, while clients work on. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { expectAllWell, missing, randomFrom } from './killing.ts';
import { serverProcess } from './server-process.ts';
import { startWorkload } from './workload.ts';

/** @returns a line with the sums */
export async function killServer(kills: number, seed: number): Promise<string> {
  const random = randomFrom(seed);
  await using server = await serverProcess();
  server.start();
  const first = await server.ready();
  const client = createClient(first);
  const workload = startWorkload(() => client, random, 2);

  // After each start what is new is looked for; in the end everything.
  let checked = 0;
  for (let kill = 0; kill < kills; kill++) {
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
  return `seed ${seed}: ${await expectAllWell(client, workload)}`;
}
