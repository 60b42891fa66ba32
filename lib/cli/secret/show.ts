import { command } from '../command.ts';
import { projectOption } from '../option.ts';
import { secretText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show what is known of a secret: never its value',
  args: { name: 'its name' },
  options: { project: projectOption },
  examples: ['staithe secret show NPM_TOKEN --project hello'],
  calls: ['getSecret'],
  async run({ args, options }, { api }) {
    const secret = await api.call('getSecret', { params: { project: options.project, name: args.name } });
    return { json: secret, text: secretText(secret) };
  },
});
