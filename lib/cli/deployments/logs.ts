/** `staithe deployment logs`. */
import { command } from '../command/command.ts';
import { deploymentFailure } from '../follow/deployment.ts';
import { LOG_DETAILS, logOptions, printLog } from '../follow/print-log.ts';

export const logs = command({
  name: 'logs',
  summary: 'Print the log of the commands of a deployment',
  details: `The commands are those of a target of kind command, and tests. ${LOG_DETAILS} With --follow it exits with code 6 if the deployment did not succeed.`,
  args: { deployment: 'Deployment id (dep_…)' },
  options: logOptions,
  examples: [
    'staithe deployment logs dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe deployment logs dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --tail 50',
  ],
  calls: ['getDeployment', 'getDeploymentLogs'],
  async run({ args, options }, { api, terminal }) {
    const follow = `staithe deployment logs ${args.deployment} --follow`;
    if (options.follow)
      terminal.onInterrupt(['The deployment is still running. To follow it again:', `  ${follow}`]);
    const calls = options.follow ? api.persistent(terminal.note) : api;
    const params = { deployment: args.deployment };
    const readPage = (query: object) => calls.call('getDeploymentLogs', { params, query });
    const next = { follow, explain: `staithe deployment show ${args.deployment}` };
    const printed = await printLog(terminal, readPage, { jobs: 2, next }, options);
    if (!options.follow) return printed;
    const deployment = await calls.call('getDeployment', { params });
    if (deployment.status !== 'succeeded') throw deploymentFailure(deployment);
    return terminal.json || options.format === 'json' || options.format === 'jsonl' ? undefined : printed;
  },
});
