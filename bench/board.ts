/** The board of a project with ten environments and of one with a thousand: an environment of it should cost the same. */
import type { Client } from '../lib/contract/client.ts';
import { type Report, ratios } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';

const SIZES = [10, 1_000] as const;
const ROUNDS = 10;
/** As many requests at once as the API lets through without throttling them. */
const AT_ONCE = 10;

export async function board(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const { client } = installation;
    const times: number[][] = SIZES.map(() => []);
    const units: number[][] = SIZES.map(() => []);
    for (const size of SIZES) {
      await withEnvironments(client, `has-${size}`, size);
      bench.say(`${size} environments are there`);
    }
    for (let round = 0; round <= ROUNDS; round++)
      for (const [index, size] of SIZES.entries()) {
        await installation.capacity();
        const began = performance.now();
        await client.call('getBoard', { params: { project: `has-${size}` } });
        const took = performance.now() - began;
        const uses = await installation.capacity();
        if (round === 0) continue; // warms up
        times[index]?.push(took / size);
        units[index]?.push(uses.reduce((sum, { readUnits }) => sum + readUnits, 0) / size);
      }
    const [few = [], many = []] = times;
    const [fewUnits = [], manyUnits = []] = units;
    const what = (size: number) => `the board of ${size.toLocaleString('en-US')} environments, each of them`;
    return {
      figures: [
        { what: what(SIZES[0]), unit: 'ms', samples: few },
        { what: what(SIZES[1]), unit: 'ms', samples: many },
        { what: 'many beside few: time of each', unit: '×', samples: ratios(many, few), aim: '≤ 1.0' },
        { what: what(SIZES[0]), unit: 'read units', samples: fewUnits },
        { what: what(SIZES[1]), unit: 'read units', samples: manyUnits },
        {
          what: 'many beside few: read units of each',
          unit: '×',
          samples: ratios(manyUnits, fewUnits),
          aim: '≤ 1.0',
        },
      ],
    };
  });
}

async function withEnvironments(client: Client, slug: string, size: number): Promise<void> {
  await client.call('createProject', { body: { slug } });
  const left = Array.from({ length: size }, (_, at) => `e${at}`);
  const put = async () => {
    for (let environment = left.pop(); environment !== undefined; environment = left.pop())
      await client.call('putEnvironment', {
        params: { project: slug, environment },
        body: { target: { kind: 'lambda', function_name: `${slug}-${environment}` } },
      });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, put));
}
