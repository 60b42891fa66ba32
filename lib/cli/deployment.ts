/** `staithe deployment`. */
import type { Deployment } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand, withProject } from './command/list.ts';
import { text } from './command/option.ts';
import { approve, cancel, reject, verify } from './deployments/decide.ts';
import { logs } from './deployments/logs.ts';
import { deploymentText } from './deployments/text.ts';
import { usageFailure } from './failure/failure.ts';
import { deploymentFailure, watchDeployment } from './follow/deployment.ts';
import { moment, took } from './terminal/format.ts';
import { jsonText } from './terminal/json.ts';
import { status } from './terminal/style.ts';

const args = { deployment: 'Deployment id (dep_…)' };

const show = command({
  name: 'show',
  summary: 'Show a deployment',
  args,
  examples: ['staithe deployment show dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDeployment'],
  async run({ args }, { api }) {
    const deployment = await api.call('getDeployment', { params: { deployment: args.deployment } });
    return { json: deployment, text: deploymentText(deployment) };
  },
});

const wait = command({
  name: 'wait',
  summary: 'Wait until a deployment has ended',
  details:
    'Exits with code 6 if the deployment does not succeed. With --json it prints the deployment in either case.',
  args,
  examples: ['staithe deployment wait dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDeployment'],
  async run({ args }, { api, terminal }) {
    const current = await api.call('getDeployment', { params: { deployment: args.deployment } });
    const ended = await watchDeployment(api, terminal, current);
    if (ended.status === 'succeeded') return { json: ended, text: deploymentText(ended) };
    if (terminal.json) terminal.print(jsonText(ended, 2));
    throw deploymentFailure(ended);
  },
});

const list = listAcrossCommand({
  summary: 'List deployments, newest first',
  details: 'Lists the deployments to one environment, to all environments of a project, or of all projects.',
  options: { environment: text('--environment <name>', 'Only deployments to this environment') },
  examples: [
    'staithe deployment list --project hello --environment test',
    'staithe deployment list --all-projects --since 1d',
  ],
  calls: ['listDeployments', 'listAllDeployments'],
  columns: withProject([
    { title: 'id', value: (deployment: Deployment) => deployment.id },
    { title: 'environment', value: (deployment) => deployment.environment },
    { title: 'status', value: (deployment) => deployment.status, style: status },
    { title: 'release', value: (deployment) => deployment.release_id },
    { title: 'service', value: (deployment) => deployment.service },
    { title: 'took', value: took },
    { title: 'created', value: (deployment) => moment(deployment.created_at) },
  ]),
  filterOf(options) {
    const { environment, allProjects } = options;
    if (allProjects && environment !== undefined)
      throw usageFailure(
        '--environment and --all-projects cannot be combined: environments belong to a project.',
        'Use --project <project> with --environment, or --all-projects alone.',
      );
    return { environment };
  },
  readPage: (project, api, { environment, ...query }) =>
    project === undefined || environment === undefined
      ? api.call('listAllDeployments', { query: { ...query, ...(project !== undefined && { project }) } })
      : api.call('listDeployments', { params: { project, environment }, query }),
  nextWhenEmpty: (project, { environment }) =>
    `staithe deploy ${environment ?? '<environment>'} --project ${project ?? '<project>'} --release latest --follow`,
});

export const deployment: CommandGroup = {
  name: 'deployment',
  commands: [show, wait, logs, list, approve, reject, verify, cancel],
};
