import { command } from '../command.ts';
import { flag, projectOption } from '../option.ts';
import { confirm } from '../terminal/ask.ts';

export const remove = command({
  name: 'delete',
  summary: 'Delete a secret: from now on no build can read it',
  details:
    'It asks first. The operator of the AWS account can bring its value back for 7 days ' +
    '(aws secretsmanager restore-secret); Staithe cannot.',
  args: { name: 'its name' },
  options: { project: projectOption, yes: flag('--yes', 'do not ask') },
  examples: ['staithe secret delete NPM_TOKEN --project hello --yes'],
  calls: ['deleteSecret'],
  async run({ args, options }, { api }) {
    if (!options.yes) await confirm(`Deleting the secret ${args.name}`, args.name);
    await api.call('deleteSecret', { params: { project: options.project, name: args.name } });
    return {
      json: { project: options.project, name: args.name, deleted: true },
      text: `Deleted the secret ${args.name}`,
    };
  },
});
