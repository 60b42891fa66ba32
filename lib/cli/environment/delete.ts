import { command } from '../command.ts';
import { flag, projectOption } from '../option.ts';
import { confirm } from '../terminal/ask.ts';

export const remove = command({
  name: 'delete',
  summary: 'Forget an environment; its function stays',
  details: 'It asks first.',
  args: { environment: 'its name' },
  options: { project: projectOption, yes: flag('--yes', 'do not ask') },
  examples: ['staithe environment delete test --project hello --yes'],
  calls: ['deleteEnvironment'],
  async run({ args, options }, { api }) {
    if (!options.yes) await confirm(`Forgetting the environment ${args.environment}`, args.environment);
    await api.call('deleteEnvironment', {
      params: { project: options.project, environment: args.environment },
    });
    return {
      json: { project: options.project, environment: args.environment, deleted: true },
      text: `Forgot the environment ${args.environment}; its function is still there`,
    };
  },
});
