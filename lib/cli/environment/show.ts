import { command } from '../command.ts';
import { projectOption } from '../option.ts';
import { environmentText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show an environment',
  args: { environment: 'its name' },
  options: { project: projectOption },
  examples: ['staithe environment show test --project hello'],
  calls: ['getEnvironment'],
  async run({ args, options }, { api }) {
    const environment = await api.call('getEnvironment', {
      params: { project: options.project, environment: args.environment },
    });
    return { json: environment, text: environmentText(environment) };
  },
});
