/** `staithe deploy` and `staithe rollback`. */
import type { Api } from './api/api.ts';
import type { Deployment } from './api/resources.ts';
import { command, type Result } from './command/command.ts';
import { flag, projectOption, text } from './command/option.ts';
import { deploymentText, planText } from './deployments/text.ts';
import { whatOf, whatOptions } from './deployments/what.ts';
import { usageFailure } from './failure/failure.ts';
import { followDeployment } from './follow/deployment.ts';
import type { Terminal } from './terminal/terminal.ts';

const followOption = flag('--follow', 'Wait until the deployment has ended');

/** The started deployment, or with --follow the ended one. */
async function outputOf(
  { api, terminal }: { api: Api<'getDeployment'>; terminal: Terminal },
  started: Deployment,
  follow: boolean,
): Promise<Result | undefined> {
  if (!follow) {
    const next =
      started.status === 'awaiting_approval'
        ? `staithe deployment approve ${started.id}`
        : `staithe deployment show ${started.id}`;
    return { json: started, text: deploymentText(started), notes: [`next: ${next}`] };
  }
  terminal.note(`Deployment ${started.id}`);
  const ended = await followDeployment(api, terminal, started);
  if (terminal.json) return undefined;
  const notes = ended.url === undefined ? [] : [`next: curl ${ended.url}`];
  return { json: ended, text: deploymentText(ended), notes };
}

export const deploy = command({
  name: 'deploy',
  summary: 'Deploy a release to an environment',
  details:
    'The release is resolved to its digests once, at the start. --artifact and --image select the ' +
    'release with exactly these artifacts, and create it if it does not exist. The deployment begins when the rules of the environment ' +
    'hold: --dry-run shows them, and what would change. With --follow the command waits for the end of the deployment, ' +
    'and exits with code 6 if it does not succeed.',
  args: { environment: 'Environment name' },
  options: {
    project: projectOption,
    ...whatOptions,
    dryRun: flag('--dry-run', 'Show the plan and the rules that would block it, and deploy nothing'),
    reason: text('--reason <text>', 'Why the release is deployed'),
    overrideFreeze: text(
      '--override-freeze <reason>',
      'Deploy although the environment is frozen, for this reason',
    ),
    follow: followOption,
  },
  examples: [
    'staithe deploy test --project hello --release v0.1.0 --follow',
    'staithe deploy production --project hello --release v0.1.0 --dry-run',
    'staithe deploy test --project hello --direct --follow',
    'staithe deploy test --project hello --artifact art_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  ],
  calls: ['planDeployment', 'createDeployment', 'getDeployment'],
  async run({ args, options }, { api, terminal }) {
    const params = { project: options.project, environment: args.environment };
    const override = options.overrideFreeze;
    const body = {
      ...whatOf(options),
      ...(override !== undefined && { override_freeze: override }),
    };
    if (options.dryRun) {
      if (options.follow || options.reason !== undefined)
        throw usageFailure(
          '--dry-run deploys nothing; it cannot be combined with --follow or --reason.',
          'Use one of them.',
        );
      const plan = await api.call('planDeployment', { params, body });
      return { json: plan, text: planText(plan) };
    }
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const started = await api.call('createDeployment', { params, body: { ...body, ...reason } });
    return outputOf({ api, terminal }, started, options.follow);
  },
});

export const rollback = command({
  name: 'rollback',
  summary: 'Roll back to the code and configuration of an earlier deployment',
  details:
    'Restores the last deployment that succeeded with other code or configuration, or the one of --to, without a build. ' +
    'It passes approvals and freezes, and holds the automatic promotions to the environment until ' +
    '`staithe environment resume`.',
  args: { environment: 'Environment name' },
  options: {
    project: projectOption,
    to: text('--to <deployment>', 'Deployment to restore (dep_…)'),
    reason: text('--reason <text>', 'Why it is rolled back'),
    follow: followOption,
  },
  examples: ['staithe rollback production --project hello --follow'],
  calls: ['rollBackEnvironment', 'getDeployment'],
  async run({ args, options }, { api, terminal }) {
    const started = await api.call('rollBackEnvironment', {
      params: { project: options.project, environment: args.environment },
      body: {
        ...(options.to !== undefined && { to: options.to }),
        ...(options.reason !== undefined && { reason: options.reason }),
      },
    });
    return outputOf({ api, terminal }, started, options.follow);
  },
});
