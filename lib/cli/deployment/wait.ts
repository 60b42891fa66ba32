import { command } from '../command.ts';
import { deploymentFailure, watchDeployment } from '../follow/deployment.ts';
import { jsonText } from '../terminal/json.ts';
import { deploymentText } from './view.ts';

export const wait = command({
  name: 'wait',
  summary: 'Wait until a deployment has ended',
  details:
    'It fails with exit code 6 when the deployment does. With --json it prints the deployment as it ended, either way.',
  args: { deployment: 'id of the deployment (dep_…)' },
  examples: ['staithe deployment wait dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDeployment'],
  async run({ args }, { api, terminal }) {
    const found = await api.call('getDeployment', { params: { deployment: args.deployment } });
    const ended = await watchDeployment(api, terminal, found);
    if (ended.status === 'succeeded') return { json: ended, text: deploymentText(ended) };
    if (terminal.json) terminal.print(jsonText(ended, 2));
    throw deploymentFailure(ended);
  },
});
