/** Deployments of a built release to a local function: how long until it is live, and back; what they ask AWS for, and its price. */
import type { Deployment } from '../../lib/domain/deployment/schema.ts';
import { markdown, type Report } from '../figure.ts';
import { type Bench, type Installation, withInstallation } from '../installation.ts';
import { usageOf } from '../price/meters.ts';
import { actions, type BuildUsage, type Line, priced, thousandBuilds, type Usage } from '../price/usage.ts';
import { configured, type Deployable, deployable, deployed, succeeded, untilLive } from './function.ts';
import { spansOf, spanTable } from './spans.ts';

const ROUNDS = 10;
const COUNTED = 5;
/** Longer than a deployment and its events take, so that it is asked for once. */
const QUIET_MS = 4_000;

/** What one deployment cannot do without, with its POST and one GET. */
const LEAST = {
  reads: 15,
  writes: 24,
  reason:
    'reads: token, project, release, environment, artifact, and what the rules ask about, project and release again (7); the deployment at each of the three steps, and the environment at the end (4); token and deployment of the GET (2); what its end looks for, the environment and the next release (2). Writes: deployment and environment, with the checks of project and release, in one transaction (4 × 2); its index entry, and that of what has not begun, there and gone (3); deploying and verifying (2); deployment, environment and success of the release in one transaction (3 × 2); entries and links of the audit log (5)',
} as const;

export async function deploy(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const scene = await deployable(installation.client, bench);
    const { live, back, deployments, rollbacks } = await timed(installation, scene);
    const usage = await counted(installation, scene);
    const lines = priced(usage);
    const sum = (of: (use: { readUnits: number; writeUnits: number }) => number) =>
      usage.builds.map(({ capacity }) => capacity.reduce((all, use) => all + of(use), 0));
    const calls = usage.builds.map((one) => one.calls.reduce((all, { count }) => all + count, 0));
    return {
      figures: [
        {
          what: 'deploy of a built release, from the request to live',
          unit: 'ms',
          samples: live,
          aim: '≤ 400',
          headline: true,
        },
        {
          what: 'rollback, from the request to live',
          unit: 'ms',
          samples: back,
          aim: '≤ 250',
          headline: true,
        },
        { what: 'AWS calls of a deployment', unit: 'times', samples: calls },
        {
          what: `read units of a deployment (least: ${LEAST.reads})`,
          unit: 'units',
          samples: sum(({ readUnits }) => readUnits),
        },
        {
          what: `write units of a deployment (least: ${LEAST.writes})`,
          unit: 'units',
          samples: sum(({ writeUnits }) => writeUnits),
        },
        {
          what: 'control plane of 1,000 deployments',
          unit: '$',
          samples: [thousandBuilds(lines)],
          headline: true,
        },
      ],
      more: [
        spanTable('a deployment', await spansOf(installation, deployments)),
        spanTable('a rollback', await spansOf(installation, rollbacks)),
        billOf(lines),
        markdown(
          ['AWS call', 'times in one deployment'],
          actions(usage).map(([name, times]) => [name, times.toFixed(1)]),
        ),
        `The least units of a deployment: ${LEAST.reason}.\n`,
      ].join('\n'),
    };
  });
}

/** Each round deploys another version and takes it back. */
async function timed({ client }: Installation, scene: Deployable) {
  await configured(client, scene, 'first');
  const { url = '' } = await succeeded(client, (await deployed(client, scene)).id);
  const [live, back]: [number[], number[]] = [[], []];
  const [deployments, rollbacks]: [Deployment[], Deployment[]] = [[], []];
  const started = { id: '' };
  for (let round = 0; round <= ROUNDS; round++) {
    const answer = `of round ${round}`;
    await configured(client, scene, answer);
    const forth = await untilLive(url, answer, async () => {
      started.id = (await deployed(client, scene)).id;
    });
    const there = await succeeded(client, started.id);
    const home = await untilLive(url, 'first', async () => {
      const body = { reason: 'bench' };
      started.id = (await client.call('rollBackEnvironment', { params: scene.params, body })).id;
    });
    const restored = await succeeded(client, started.id);
    if (round === 0) continue; // warms up
    live.push(forth);
    back.push(home);
    deployments.push(there);
    rollbacks.push(restored);
  }
  return { live, back, deployments, rollbacks };
}

async function counted(installation: Installation, scene: Deployable): Promise<Usage> {
  const { client } = installation;
  const pause = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  await pause();
  await installation.calls();
  const began = Date.now();
  const builds: BuildUsage[] = [];
  for (let one = 0; one < COUNTED; one++) {
    await configured(client, scene, `counted ${one}`);
    await pause();
    await installation.capacity();
    await installation.calls();
    const { id } = await deployed(client, scene);
    await pause();
    await succeeded(client, id);
    builds.push({ calls: await installation.calls(), capacity: await installation.capacity() });
  }
  return usageOf(installation, builds, began);
}

const billOf = (lines: readonly Line[]): string =>
  markdown(
    ['of one deployment, with its POST and one GET', 'amount', '$ for 1,000 deployments'],
    lines.map(({ meter, amount, each }) => [meter, amount.toFixed(2), (amount * each * 1000).toFixed(4)]),
  );
