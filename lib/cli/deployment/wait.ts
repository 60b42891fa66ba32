import { command } from '../command.ts';
import { followDeployment } from '../follow/deployment.ts';
import { deploymentText } from './view.ts';

export const wait = command({
  name: 'wait',
  summary: 'Wait until a deployment has ended',
  details: 'It fails with exit code 6 when the deployment does.',
  args: { deployment: 'id of the deployment (dep_…)' },
  examples: ['staithe deployment wait dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDeployment'],
  async run({ args }, { api, terminal }) {
    const found = await api.call('getDeployment', { params: { deployment: args.deployment } });
    const ended = await followDeployment(api, terminal, found);
    return terminal.json ? undefined : { json: ended, text: deploymentText(ended) };
  },
});
