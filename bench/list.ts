/** The list of builds of a project with a hundred and of one with ten thousand: it should cost the same. */
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ulid } from 'ulid';
import type { Client } from '../lib/contract/client.ts';
import { builds as collection } from '../lib/domain/execution/model/build-record.ts';
import { median, type Report, ratios } from './figure.ts';
import { type Bench, type Installation, withInstallation } from './installation.ts';

const SIZES = [100, 10_000] as const;
const ROUNDS = 40;
/** What BatchWriteItem takes at once. */
const BATCH = 25;

export async function list(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const { client } = installation;
    const projects = [];
    for (const size of SIZES) {
      const project = await client.call('createProject', { body: { slug: `has-${size}` } });
      await insertBuilds(installation, project.id, size);
      projects.push(project.slug);
      bench.say(`${size} builds are there`);
    }
    const times: number[][] = SIZES.map(() => []);
    const units: number[][] = SIZES.map(() => []);
    for (let round = 0; round <= ROUNDS; round++)
      for (const [index, project] of projects.entries()) {
        await installation.capacity();
        const began = performance.now();
        await page(client, project);
        const took = performance.now() - began;
        const uses = await installation.capacity();
        if (round === 0) continue; // warms up
        times[index]?.push(took);
        units[index]?.push(uses.reduce((sum, { readUnits }) => sum + readUnits, 0));
      }
    const [small = [], large = []] = times;
    const [smallUnits = [], largeUnits = []] = units;
    const what = (size: number) => `a page of 20 of ${size.toLocaleString('en-US')} builds`;
    return {
      figures: [
        { what: what(SIZES[0]), unit: 'ms', samples: small },
        { what: what(SIZES[1]), unit: 'ms', samples: large },
        { what: 'many beside few: time', unit: '×', samples: ratios(large, small), aim: '1.0' },
        { what: what(SIZES[0]), unit: 'read units', samples: smallUnits },
        { what: what(SIZES[1]), unit: 'read units', samples: largeUnits },
        {
          what: 'many beside few: read units',
          unit: '×',
          samples: [median(largeUnits) / median(smallUnits)],
          aim: '1.0',
        },
      ],
    };
  });
}

const page = (client: Client, project: string) =>
  client.call('listBuilds', { params: { project }, query: { limit: 20 } });

/** Straight into the table, in the shape of the entity: 10,000 requests would measure something else. */
async function insertBuilds(installation: Installation, projectId: string, count: number): Promise<void> {
  const { endpoint, region, operator, table } = installation;
  const dynamodb = new DynamoDBClient({ endpoint, region, credentials: operator });
  const began = Date.now() - count * 60_000;
  for (let from = 0; from < count; from += BATCH) {
    const requests = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => ({
      PutRequest: { Item: marshall(item(projectId, began + (from + index) * 60_000)) },
    }));
    let left: Record<string, typeof requests> | undefined = { [table]: requests };
    while (left !== undefined && Object.keys(left).length > 0) {
      const answer = await dynamodb.send(new BatchWriteItemCommand({ RequestItems: left }));
      left = answer.UnprocessedItems as typeof left;
    }
  }
  dynamodb.destroy();
}

function item(projectId: string, at: number): Record<string, unknown> {
  const id = ulid(at);
  const write = collection.creation({
    id: `bld_${id}`,
    project_id: projectId,
    source_id: `src_${id}`,
    inputs: {},
    features: [],
    trust: 'own',
    created_at: new Date(at).toISOString(),
    created_by: `tok_${id}`,
  });
  return 'put' in write ? write.put : {};
}
