/** Many builds at once, and what a build takes of the processors beside builds that come one after the other. */
import type { Client } from '../lib/contract/client.ts';
import type { Report } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';
import { completed, type Noop, noopProject, startNoop } from './noop.ts';
import { processorTime } from './processor.ts';
import { processorOfNodeStart, STARTING_NODE, startsOfNode } from './yardstick.ts';

const ROUNDS = 3;
/** So many one after the other, beside a burst. */
const SINGLE = 10;
const QUIET_MS = 500;

export async function throughput(bench: Bench): Promise<Report> {
  return withInstallation(bench, async ({ client, pid }) => {
    const noop = await noopProject(client, bench.scratch);
    const rates: number[] = [];
    const times: number[] = [];
    const starts: number[] = [];
    const processors = { burst: [] as number[], single: [] as number[], node: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      const before = await startsOfNode();
      const node = await processorOfNodeStart();
      let used = processorTime(pid);
      const milliseconds = await burst(client, noop, bench.builds);
      const inBurst = (processorTime(pid) - used) / bench.builds;
      used = processorTime(pid);
      for (let single = 0; single < SINGLE; single++)
        await completed(client, (await startNoop(client, noop)).run, QUIET_MS);
      const inTurn = (processorTime(pid) - used) / SINGLE;
      bench.say(`${bench.builds} builds in ${milliseconds.toFixed(0)} ms`);
      // The first round starts functions; the others find them running.
      if (round === 0) continue;
      rates.push(bench.builds / (milliseconds / 1000));
      times.push(milliseconds / bench.builds);
      starts.push((before + (await startsOfNode())) / 2);
      processors.burst.push(inBurst);
      processors.single.push(inTurn);
      processors.node.push(node);
    }
    const beside = { what: STARTING_NODE, samples: processors.node };
    return {
      figures: [
        { what: `${bench.builds} no-op builds started at once`, unit: 'builds/s', samples: rates },
        {
          what: `${bench.builds} no-op builds at once, time per build`,
          unit: 'ms',
          samples: times,
          beside: { what: STARTING_NODE, samples: starts },
          aim: '≤ 2.5 ×',
          headline: true,
        },
        { what: '… processor time per build', unit: 'ms CPU', samples: processors.burst, beside },
        { what: '… one after the other', unit: 'ms CPU', samples: processors.single, beside },
      ],
    };
  });
}

/** @returns milliseconds from the first request until the last build has ended, by its record */
export async function burst(client: Client, noop: Noop, builds: number): Promise<number> {
  const began = Date.now();
  const started = await Promise.all(Array.from({ length: builds }, () => startNoop(client, noop)));
  let last = 0;
  for (const { run } of started)
    last = Math.max(last, Date.parse((await completed(client, run)).completed_at ?? ''));
  return last - began;
}
