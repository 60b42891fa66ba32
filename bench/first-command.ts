/** From `POST …/builds` to the first command of the build, by the timestamps of records, machine and log. */

import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from '@aws-sdk/client-codebuild';
import type { Report } from './figure.ts';
import { type Bench, type Installation, withInstallation } from './installation.ts';
import { completed, type Noop, noopProject, startNoop } from './noop.ts';
import { STARTING_NODE, startOfNode } from './yardstick.ts';

const ROUNDS = 15;
/** Longer than a no-op build takes. */
const QUIET_MS = 700;

/** What happens on the way, in order, with the moment at which each was reached. */
const STAGES = [
  'API: run recorded',
  'planned: manifest read, job recorded',
  'StartBuild',
  'machine: agent started',
  'agent: claim sent',
  'agent: job claimed',
  'agent: source fetched',
  'agent: first command',
] as const;
type Moments = Record<(typeof STAGES)[number], number>;

export async function firstCommand(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const noop = await noopProject(installation.client, bench.scratch);
    await once(installation, noop); // everything has been started once
    const totals: number[] = [];
    const answers: number[] = [];
    const nodeStarts: number[] = [];
    const parts: Record<string, number[]> = Object.fromEntries(STAGES.map((stage) => [stage, []]));
    for (let round = 0; round < ROUNDS; round++) {
      const { began, answered, moments } = await once(installation, noop);
      totals.push(moments['agent: first command'] - began);
      answers.push(answered - began);
      nodeStarts.push(await startOfNode());
      let before = began;
      for (const stage of STAGES) {
        parts[stage]?.push(moments[stage] - before);
        before = moments[stage];
      }
    }
    return {
      figures: [
        {
          what: 'POST build → first command',
          unit: 'ms',
          samples: totals,
          beside: { what: STARTING_NODE, samples: nodeStarts },
          aim: 'p50 ≤ 2 ×',
          headline: true,
        },
        { what: 'POST build → answered', unit: 'ms', samples: answers },
        { what: 'starting Node, in turns', unit: 'ms', samples: nodeStarts },
        ...STAGES.map((stage) => ({ what: `… ${stage}`, unit: 'ms', samples: parts[stage] ?? [] })),
      ],
    };
  });
}

async function once(
  installation: Installation,
  noop: Noop,
): Promise<{ began: number; answered: number; moments: Moments }> {
  const { client } = installation;
  const began = Date.now();
  const { build, run: runId } = await startNoop(client, noop);
  const answered = Date.now();
  // Looked at afterwards, so that looking takes no time from what is measured.
  const run = await completed(client, runId, QUIET_MS);
  const { items } = await client.call('getBuildLogs', { params: { build }, query: { limit: 500, wait: 0 } });
  const line = (start: string) => {
    const found = items.find(({ message }) => message.startsWith(start));
    if (found === undefined) throw new Error(`The log of ${runId} has no line '${start}'.`);
    return Date.parse(found.timestamp);
  };
  const machine = await machineOf(installation, run.job_ids[0] ?? '');
  return {
    began,
    answered,
    moments: {
      'API: run recorded': Date.parse(run.created_at),
      'planned: manifest read, job recorded': Date.parse(run.started_at ?? ''),
      StartBuild: machine.submitted,
      'machine: agent started': machine.agentStarted,
      'agent: claim sent': line('==> claim'),
      'agent: job claimed': line('==> fetch source'),
      'agent: source fetched': line('==> unpack'),
      'agent: first command': line('$ '),
    },
  };
}

/** As CodeBuild tells it. */
async function machineOf(
  { endpoint, region, operator }: Installation,
  jobId: string,
): Promise<{ submitted: number; agentStarted: number }> {
  const codebuild = new CodeBuildClient({ endpoint, region, credentials: operator });
  const { ids = [] } = await codebuild.send(new ListBuildsCommand({ sortOrder: 'DESCENDING' }));
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 10) }));
  codebuild.destroy();
  const build = builds.find(({ environment }) =>
    environment?.environmentVariables?.some(({ value }) => value === jobId),
  );
  const at = (type: string) =>
    build?.phases?.find(({ phaseType }) => phaseType === type)?.startTime?.getTime() ?? Number.NaN;
  return { submitted: at('SUBMITTED'), agentStarted: at('BUILD') };
}
