import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { flag, text } from '../option.ts';
import { projectText } from './view.ts';

export const update = command({
  name: 'update',
  summary: 'Change a project',
  args: { project: 'its slug or id' },
  options: {
    name: text('--name <name>', 'its name for people'),
    repository: text('--repository <owner/name>', 'the git repository whose pushes build it'),
    unlink: flag('--unlink', 'cut the link to its repository: pushes build it no more'),
    defaultBranch: text('--default-branch <branch>', 'the branch whose pushes build it'),
  },
  examples: ['staithe project update hello --default-branch trunk', 'staithe project update hello --unlink'],
  calls: ['updateProject'],
  async run({ args, options }, { api }) {
    if (options.unlink && options.repository !== undefined)
      throw usageFailure('--unlink and --repository exclude each other.', 'Give one of them.');
    const body = {
      ...(options.name !== undefined && { name: options.name }),
      ...(options.repository !== undefined && { repository: options.repository }),
      ...(options.unlink && { repository: null }),
      ...(options.defaultBranch !== undefined && { default_branch: options.defaultBranch }),
    };
    if (Object.keys(body).length === 0)
      throw usageFailure('Nothing says what to change.', 'staithe project update --help');
    const project = await api.call('updateProject', { params: { project: args.project }, body });
    return { json: project, text: projectText(project) };
  },
});
