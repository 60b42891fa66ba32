import { command } from '../command.ts';
import { followDeployment } from '../follow/deployment.ts';
import { flag, projectOption, requiredText } from '../option.ts';
import { deploymentText } from './view.ts';

export const deploy = command({
  name: 'deploy',
  summary: 'Deploy a release to an environment',
  details:
    'The release is resolved once, to its digests. With --follow it stays until the deployment has ended and fails ' +
    'with exit code 6 when the deployment does.',
  args: { environment: 'name of the environment' },
  options: {
    project: projectOption,
    release: requiredText('--release <release>', 'a tag, a version, latest, or an id (rel_…)'),
    follow: flag('--follow', 'stay until the deployment has ended'),
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
    terminal.note(`deployment ${started.id}`);
    const ended = await followDeployment(api, terminal, started);
    if (terminal.json) return undefined;
    const notes = ended.preview_url === undefined ? [] : [`next: curl ${ended.preview_url}`];
    return { json: ended, text: deploymentText(ended), notes };
  },
});
