import { setTimeout as delay } from 'node:timers/promises';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { expectAllWell, expectLossesMadeGood, missing, randomFrom, SEED } from '../system/killing.ts';
import { serverProcess } from '../system/server-process.ts';
import { startWorkload } from '../system/workload.ts';
import { AMOUNT } from './amount.ts';
import { KINDS_HERE, type VictimKind, victimsOf } from './victims.ts';

/** Every so many kills it is looked whether all is there. */
const ROUND = 20;

it(
  `a server of which ${AMOUNT.childKills} functions, engines, machines, agents and commands are killed loses and doubles nothing (seed ${SEED})`,
  needs('/proc'),
  async () => {
    const random = randomFrom(SEED);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
    await using server = await serverProcess();
    server.start();
    const first = await server.ready();
    const client = createClient(first);
    const workload = startWorkload(() => client, random, 3, { lasts: true });
    const killed = new Map<VictimKind, number>(KINDS_HERE.map((kind) => [kind, 0]));
    /** The kind first, so that the few of one kind are killed as often as the many of another. */
    const killOne = async (kind: VictimKind): Promise<boolean> => {
      const victims = () => victimsOf(server.pid()).get(kind) ?? [];
      await until(victims, ({ length }) => length > 0);
      // Not always in the first moment of its life; it may have ended then.
      await delay(random() * 400);
      const victim = pick(victims());
      if (victim === undefined) return false;
      try {
        process.kill(victim, 'SIGKILL');
      } catch {
        return false;
      }
      killed.set(kind, (killed.get(kind) ?? 0) + 1);
      return true;
    };

    let checked = 0;
    for (let kill = 0; kill < AMOUNT.childKills; kill++) {
      const kind = pick(KINDS_HERE) ?? 'function';
      while (!(await killOne(kind)));
      if (kill % ROUND !== ROUND - 1) continue;
      expect(await server.ready(), `after kill ${kill}`).toEqual(first);
      const news = workload.acknowledged.slice(checked);
      expect(await missing(client, news), `after kill ${kill}`).toEqual([]);
      checked += news.length;
    }

    const sums = await expectAllWell(client, workload);
    const losses = await expectLossesMadeGood(client, workload.acknowledged);
    process.stdout.write(
      `seed ${SEED}: killed ${JSON.stringify(Object.fromEntries(killed))}; ${sums}; ${losses}\n`,
    );
    expect([...killed].filter(([, count]) => count === 0)).toEqual([]);
  },
);
