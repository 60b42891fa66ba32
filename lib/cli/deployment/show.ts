import { command } from '../command.ts';
import { deploymentText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show a deployment',
  args: { deployment: 'id of the deployment (dep_…)' },
  examples: ['staithe deployment show dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDeployment'],
  async run({ args }, { api }) {
    const deployment = await api.call('getDeployment', { params: { deployment: args.deployment } });
    return { json: deployment, text: deploymentText(deployment) };
  },
});
