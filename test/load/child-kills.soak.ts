import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { expectAllWell, missing, randomFrom, SEED } from '../system/killing.ts';
import { descendantsOf } from '../system/processes.ts';
import { serverProcess } from '../system/server-process.ts';
import { startWorkload } from '../system/workload.ts';
import { needs } from '../tools.ts';
import { AMOUNT } from './amount.ts';

it(
  `a server whose functions, engine, agents and machines are killed ${AMOUNT.childKills} times loses and doubles nothing (seed ${SEED})`,
  needs('/proc'),
  async () => {
    const random = randomFrom(SEED);
    await using server = await serverProcess();
    server.start();
    const first = await server.ready();
    const client = createClient(first);
    const workload = startWorkload(() => client, random, 2);
    const killed = new Map<string, number>();

    let checked = 0;
    for (let kill = 0; kill < AMOUNT.childKills; kill++) {
      await delay(random() * 400);
      const children = descendantsOf(server.pid());
      const victim = children[Math.floor(random() * children.length)];
      if (victim === undefined) continue;
      try {
        process.kill(victim.pid, 'SIGKILL');
      } catch {
        continue; // it has ended meanwhile
      }
      killed.set(victim.name, (killed.get(victim.name) ?? 0) + 1);
      if (kill % 20 !== 19) continue;
      expect(await server.ready(), `after kill ${kill}`).toEqual(first);
      const news = workload.acknowledged.slice(checked);
      expect(await missing(client, news), `after kill ${kill}`).toEqual([]);
      checked += news.length;
    }

    const sums = await expectAllWell(client, workload);
    process.stdout.write(`seed ${SEED}: killed ${JSON.stringify(Object.fromEntries(killed))}; ${sums}\n`);
  },
);
