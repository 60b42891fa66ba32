/** `staithe deployment` and `staithe deploy`. */
import type { Deployment } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand, withProject } from './command/list.ts';
import { flag, projectOption, requiredText, text } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { deploymentFailure, followDeployment, lastLines, watchDeployment } from './follow/deployment.ts';
import { moment, took } from './terminal/format.ts';
import { jsonText } from './terminal/json.ts';
import { status } from './terminal/style.ts';
import { fields } from './terminal/table.ts';

const args = { deployment: 'Deployment id (dep_…)' };

function deploymentText(deployment: Deployment): string {
  return fields([
    ['deployment', deployment.id],
    ['environment', deployment.environment],
    ['project', deployment.project_id],
    ['status', deployment.status, status],
    ['stage', deployment.stage],
    ['release', deployment.release_id],
    ['service', deployment.service],
    ['artifact', deployment.artifact_id],
    ['digest', deployment.digest],
    ['function', deployment.target.function_name],
    ['version', deployment.function_version],
    ['previous version', deployment.previous_version],
    ['took', took(deployment)],
    ['error', deployment.error?.message],
    ['log', lastLines(deployment).join('\n') || undefined],
    ['hint', deployment.error?.hint],
    ['url', deployment.preview_url],
    ['created', `${moment(deployment.created_at)} by ${deployment.created_by}`],
  ]);
}

export const deploy = command({
  name: 'deploy',
  summary: 'Deploy a release to an environment',
  details:
    'The release is resolved to its digests once, at the start. With --follow the command waits for the end of the ' +
    'deployment, and exits with code 6 if it does not succeed.',
  args: { environment: 'Environment name' },
  options: {
    project: projectOption,
    release: requiredText('--release <release>', 'Tag, version, latest, or release id (rel_…)'),
    follow: flag('--follow', 'Wait until the deployment has ended'),
  },
  examples: ['staithe deploy test --project hello --release v0.1.0 --follow'],
  calls: ['createDeployment', 'getDeployment'],
  async run({ args, options }, { api, terminal }) {
    const started = await api.call('createDeployment', {
      params: { project: options.project, environment: args.environment },
      body: { release: options.release },
    });
    if (!options.follow)
      return {
        json: started,
        text: deploymentText(started),
        notes: [`next: staithe deployment show ${started.id}`],
      };
    terminal.note(`Deployment ${started.id}`);
    const ended = await followDeployment(api, terminal, started);
    if (terminal.json) return undefined;
    const notes = ended.preview_url === undefined ? [] : [`next: curl ${ended.preview_url}`];
    return { json: ended, text: deploymentText(ended), notes };
  },
});

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

export const deployment: CommandGroup = { name: 'deployment', commands: [show, wait, list] };
