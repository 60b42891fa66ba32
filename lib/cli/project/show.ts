import { command } from '../command.ts';
import { projectText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show a project',
  args: { project: 'its slug or id' },
  examples: ['staithe project show hello'],
  calls: ['getProject'],
  async run({ args }, { api }) {
    const project = await api.call('getProject', { params: { project: args.project } });
    return { json: project, text: projectText(project) };
  },
});
