/** What DynamoDB is asked for by each operation, beside the least that could do. */
import type { Client } from '../lib/contract/client.ts';
import { markdown, type Report } from './figure.ts';
import { type Bench, type Installation, withInstallation } from './installation.ts';
import type { CapacityUse } from './messages.ts';
import { completed, type Noop, noopProject, startNoop } from './noop.ts';

interface Cost {
  readonly calls: number;
  readonly reads: number;
  readonly writes: number;
}

interface Operation {
  readonly name: string;
  /** Read and write units of the table and its index, and why it cannot be fewer. */
  readonly least: readonly [reads: number, writes: number];
  readonly reason: string;
  readonly act: (client: Client, things: Things) => Promise<unknown>;
}

interface Things extends Noop {
  readonly build: string;
  readonly run: string;
}

const TOKEN = 'the token';
/** Without it something could be made in a project that is gone (lib/domain/project/create-in.ts). */
const CHECK = 'the check that the project is there, or its mark';
/** Written down before the answer; chained off the request path (docs/audit.md). */
const AUDIT = 'the entry of the audit log';
export const OPERATIONS: readonly Operation[] = [
  {
    name: 'getHealth',
    least: [0, 0],
    reason: 'nothing to look up',
    act: (client) => client.call('getHealth'),
  },
  {
    name: 'whoAmI',
    least: [1, 0],
    reason: `${TOKEN}, read strongly: a revoked one is refused at once`,
    act: (client) => client.call('whoAmI'),
  },
  {
    name: 'createProject',
    least: [1, 6],
    reason: `${TOKEN}; project and its alias by id in one transaction (2 × 2), the project's index entry; ${AUDIT}`,
    act: (client) => client.call('createProject', { body: { slug: 'another' } }),
  },
  {
    name: 'getProject',
    least: [2, 0],
    reason: `${TOKEN}, the project`,
    act: (client, { project }) => client.call('getProject', { params: { project } }),
  },
  {
    name: 'createSource',
    least: [2, 7],
    reason: `${TOKEN}, the project; the source and the claim of its digest in one transaction with ${CHECK} (3 × 2); ${AUDIT}`,
    act: (client, { project }) =>
      client.call('createSource', {
        params: { project },
        body: { sha256: 'ab'.repeat(32), size_bytes: 1000 },
      }),
  },
  {
    name: 'getSource',
    least: [2, 0],
    reason: `${TOKEN}, the source`,
    act: (client, { sourceId }) => client.call('getSource', { params: { source: sourceId } }),
  },
  {
    name: 'createBuild (not started)',
    least: [3, 6],
    reason: `${TOKEN}, the project, the source; the build in one transaction with ${CHECK} (2 × 2), its index entry; ${AUDIT}`,
    act: (client, { project, sourceId }) =>
      client.call('createBuild', { params: { project }, body: { source_id: sourceId, start: false } }),
  },
  {
    name: 'createBuild (started)',
    least: [4, 11],
    reason: `${TOKEN}, the project, the source, whether it was built before; build, run and job in one transaction with ${CHECK} (4 × 2), an index entry of build and run, and the run’s in the index of what is open`,
    act: async (client, things) => completed(client, (await startNoop(client, things)).run),
  },
  {
    name: 'getBuild',
    least: [3, 0],
    reason: `${TOKEN}, the build, its newest run`,
    act: (client, { build }) => client.call('getBuild', { params: { build } }),
  },
  {
    name: 'listBuilds (a few of 0.4 KB)',
    least: [4.5, 0],
    reason: `${TOKEN}, the project; one query of the index, read eventually (½ a 4 KB); the newest run of each of two builds, for its status`,
    act: (client, { project }) => client.call('listBuilds', { params: { project } }),
  },
  {
    name: 'getRun (ended)',
    least: [2, 0],
    reason: `${TOKEN}, the run`,
    act: (client, { run }) => client.call('getRun', { params: { run } }),
  },
  {
    name: 'listBuildArtifacts',
    least: [4, 0],
    reason: `${TOKEN}, the build, the run; one artifact`,
    act: (client, { build }) => client.call('listBuildArtifacts', { params: { build } }),
  },
  {
    name: 'getBuildLogs (ended)',
    least: [4, 0],
    reason: `${TOKEN}, the build, the run; the job, whose streams these are`,
    act: (client, { build }) => client.call('getBuildLogs', { params: { build } }),
  },
  {
    name: 'createRelease',
    least: [5, 15],
    reason: `${TOKEN}, the project, the build, the run, the artifact; release, version, and its entries by age, by content and by version in one transaction with ${CHECK} (6 × 2), two index entries; ${AUDIT}`,
    act: (client, { project, build }) =>
      client.call('createRelease', { params: { project }, body: { build_id: build, version: '1.0.0' } }),
  },
  {
    name: 'resolveRelease (version)',
    least: [4, 0],
    reason: `${TOKEN}, the project, the name, the release`,
    act: (client, { project }) => client.call('resolveRelease', { params: { project, release: '1.0.0' } }),
  },
  {
    name: 'putEnvironment (new)',
    least: [4, 7],
    reason: `${TOKEN}, the project, the environment that may be there, whose the function is; environment and claim of the function in one transaction with ${CHECK} (3 × 2); ${AUDIT}`,
    act: (client, { project }) =>
      client.call('putEnvironment', {
        params: { project, environment: 'test' },
        body: { target: { kind: 'lambda', function_name: 'bench' } },
      }),
  },
  {
    name: 'createToken',
    least: [1, 6],
    reason: `${TOKEN} of who asks; the new one in one transaction with the check that the first was not revoked (2 × 2), its index entry; ${AUDIT}`,
    act: (client) => client.call('createToken', { body: { name: 'another', role: 'viewer' } }),
  },
];

/** The workflow's and the agent's part of one build of one job, by who asks. */
const BUILD_PARTS = [
  {
    name: 'the agent’s calls: claim, progress (`n` times), upload, result',
    role: /Apijobs/,
    least:
      'reads 2 (job and artifact, at the result), writes 6 + `n`: claim 1, artifact 1 and 3, result 1, progress 1 each',
  },
  {
    name: 'the workflow’s steps: plan, finish',
    role: /BuildsSteps/,
    least: 'reads 5 (run, build, source; run, job), writes 5: job 1, run 2 and 2',
  },
  {
    name: 'events',
    role: /Events/,
    least: '0: events are made of the stream, which is not the table’s capacity',
  },
] as const;

export async function capacity(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const { client } = installation;
    const noop = await noopProject(client, bench.scratch);
    const started = await startNoop(client, noop);
    await completed(client, started.run);
    const things = { ...noop, ...started };
    // The key of cursors is read once in a process's life, and is no cost of a page.
    await client.call('getBuildLogs', { params: { build: started.build } });
    const rows: string[][] = [];
    let over = 0;
    for (const { name, least, reason, act } of OPERATIONS) {
      const uses = await during(installation, () => act(client, things));
      // A build that is under way is followed; what following costs is not the operation's.
      const own = name.startsWith('createBuild (started') ? firstOf(uses) : ofApi(uses);
      const { calls, reads, writes } = costOf(own);
      over += reads - least[0] + (writes - least[1]);
      rows.push([name, String(calls), `${reads} + ${writes}`, `${least[0]} + ${least[1]}`, reason]);
    }
    const uses = await during(installation, async () => {
      await completed(client, (await startNoop(client, noop)).run);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // until the events are out
    });
    const parts = BUILD_PARTS.map(({ name, role, least }) => {
      const { calls, reads, writes } = costOf(uses.filter(({ principalArn }) => role.test(principalArn)));
      return [name, String(calls), `${reads} + ${writes}`, least];
    });
    return {
      figures: [
        {
          what: 'DynamoDB units above the least, over all API operations',
          unit: 'units',
          samples: [over],
          aim: '0',
          headline: true,
        },
      ],
      more: [
        markdown(['operation', 'calls', 'read + write units', 'least', 'why not fewer'], rows),
        markdown(['one no-op build, beside its POST', 'calls', 'read + write units', 'least'], parts),
      ].join('\n'),
    };
  });
}

async function during(installation: Installation, act: () => Promise<unknown>): Promise<CapacityUse[]> {
  await installation.capacity();
  await act();
  return installation.capacity();
}

const ofApi = (uses: readonly CapacityUse[]) =>
  uses.filter(({ principalArn }) => /Api/.test(principalArn) && !/Apijobs/.test(principalArn));

/** Up to the run's record: the read of the token, those of the route, the transaction. */
function firstOf(uses: readonly CapacityUse[]): CapacityUse[] {
  const api = ofApi(uses);
  const recorded = api.findIndex(({ action }) => action === 'TransactWriteItems');
  return recorded < 0 ? api : api.slice(0, recorded + 1);
}

const costOf = (uses: readonly CapacityUse[]): Cost => ({
  calls: uses.length,
  reads: uses.reduce((sum, { readUnits }) => sum + readUnits, 0),
  writes: uses.reduce((sum, { writeUnits }) => sum + writeUnits, 0),
});
