import { command } from '../command.ts';
import { flag } from '../option.ts';
import { confirm } from '../terminal/ask.ts';

export const remove = command({
  name: 'delete',
  summary: 'Delete an empty project',
  details: 'Only a project without builds, releases and environments can be deleted. It asks first.',
  args: { project: 'its slug or id' },
  options: { yes: flag('--yes', 'do not ask') },
  examples: ['staithe project delete hello', 'staithe project delete hello --yes'],
  calls: ['deleteProject'],
  async run({ args, options }, { api }) {
    if (!options.yes) await confirm(`Deleting the project ${args.project}`, args.project);
    await api.call('deleteProject', { params: { project: args.project } });
    return { json: { project: args.project, deleted: true }, text: `Deleted the project ${args.project}` };
  },
});
