/** What the control plane of a thousand builds costs: the AWS calls of some builds, counted and priced. */
import { COMPUTE_TYPES } from '../../lib/aws/codebuild/types.ts';
import { type Figure, markdown, type Report } from '../figure.ts';
import { type Bench, type Installation, withInstallation } from '../installation.ts';
import { completed, noopProject, startNoop } from '../noop.ts';
import { usageOf } from './meters.ts';
import {
  actions,
  type BuildUsage,
  besidesClient,
  invocations,
  type Line,
  leastOfThousand,
  priced,
  type Tally,
  thousandBuilds,
  type Usage,
} from './usage.ts';

/** Another artifact each time, so that it is uploaded each time. */
const MANIFEST = `services:
  something:
    commands: ['date +%s%N > out']
    artifacts: out
`;
const BUILDS = 10;
/** Longer than a build and its events take, so that its run is asked for once. */
const QUIET_MS = 2_500;
/** Functions that answer the client's own POST and GET, and who asks on their behalf. */
const CLIENT = /ApibuildsFunction|Authorizer/i;

export async function price(bench: Bench): Promise<Report> {
  return withInstallation(bench, async (installation) => {
    const usage = await counted(bench, installation);
    const lines = priced(usage);
    const thousand = thousandBuilds(lines);
    const invoked = lines.find(({ meter }) => meter === 'Lambda: requests')?.amount ?? Number.NaN;
    return {
      figures: [
        {
          what: 'control plane of 1,000 builds',
          unit: '$',
          samples: [thousand],
          aim: '≤ $0.10',
          headline: true,
        },
        { what: '… were nothing used but the least', unit: '$', samples: [leastOfThousand(lines)] },
        { what: 'Lambda invocations of a build, all', unit: 'times', samples: [invoked] },
        {
          what: '… besides its POST and a GET',
          unit: 'times',
          samples: [besidesClient(usage, CLIENT)],
          aim: '≤ 6',
          headline: true,
        },
        ...machines(),
        {
          what: 'control plane beside a minute of the smallest machine',
          unit: '×',
          samples: [thousand / (1000 * COMPUTE_TYPES.small.sizes.arm64.pricePerMinute)],
        },
      ],
      more: [
        billOf(lines),
        tallyOf(['function', 'invoked by', 'times in one build'], invocations(usage)),
        tallyOf(['AWS call', 'times in one build'], actions(usage)),
      ].join('\n'),
    };
  });
}

async function counted(bench: Bench, installation: Installation): Promise<Usage> {
  const { client } = installation;
  const noop = await noopProject(client, bench.scratch, 'price', MANIFEST);
  await completed(client, (await startNoop(client, noop)).run, QUIET_MS);
  await installation.capacity();
  await installation.calls();
  const began = Date.now();
  const builds: BuildUsage[] = [];
  for (let build = 0; build < BUILDS; build++) {
    await completed(client, (await startNoop(client, noop)).run, QUIET_MS);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS)); // until its events are out
    builds.push({ calls: await installation.calls(), capacity: await installation.capacity() });
  }
  return usageOf(installation, builds, began);
}

function billOf(lines: readonly Line[]): string {
  const dollars = (amount: number, each: number) => (amount * each * 1000).toFixed(4);
  return markdown(
    [
      'of one build, with its POST and one GET of its run',
      'amount',
      '$ for 1,000 builds',
      'least',
      '$',
      'why not less',
    ],
    [
      ...lines.map(({ meter, amount, each, least, reason }) => [
        meter,
        amount.toFixed(2),
        dollars(amount, each),
        least === undefined ? '' : least.toFixed(2),
        least === undefined ? '' : dollars(least, each),
        reason,
      ]),
      ['all', '', thousandBuilds(lines).toFixed(4), '', leastOfThousand(lines).toFixed(4), ''],
    ],
  );
}

const tallyOf = (head: readonly string[], tally: Tally): string =>
  markdown(
    head,
    tally.map(([name, times]) => [...name.split(' | '), times.toFixed(1)]),
  );

/** What CodeBuild takes for 1,000 builds of a minute. */
function machines(): Figure[] {
  return (['lambda-4gb', 'small'] as const).map((type) => ({
    what: `beside it: CodeBuild, 1,000 builds of a minute on ${type}, arm64`,
    unit: '$',
    samples: [COMPUTE_TYPES[type].sizes.arm64.pricePerMinute * 1000],
  }));
}
