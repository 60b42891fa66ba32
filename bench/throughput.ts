/** Fifty builds at once. */
import type { Report } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';
import { completed, noopProject, startNoop } from './noop.ts';

const BUILDS = 50;
const ROUNDS = 3;

export async function throughput(bench: Bench): Promise<Report> {
  return withInstallation(bench, async ({ client }) => {
    const noop = await noopProject(client, bench.scratch);
    const rates: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const began = Date.now();
      const started = await Promise.all(Array.from({ length: BUILDS }, () => startNoop(client, noop)));
      let last = 0;
      for (const { run } of started)
        last = Math.max(last, Date.parse((await completed(client, run)).completed_at ?? ''));
      // The first round starts functions; the others find them running.
      if (round > 0) rates.push(BUILDS / ((last - began) / 1000));
      bench.say(`${BUILDS} builds in ${last - began} ms`);
    }
    return {
      figures: [
        {
          what: `${BUILDS} no-op builds started at once`,
          unit: 'builds/s',
          samples: rates,
          aim: '≥ 20 on two cores',
        },
      ],
    };
  });
}
