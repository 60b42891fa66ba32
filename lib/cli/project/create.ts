import { command } from '../command.ts';
import { text } from '../option.ts';
import { projectText } from './view.ts';

export const create = command({
  name: 'create',
  summary: 'Create a project',
  args: { slug: 'its name in paths: a-z, 0-9 and -; it never changes' },
  options: {
    name: text('--name <name>', 'its name for people (default: the slug)'),
    repository: text('--repository <owner/name>', 'the git repository whose pushes build it'),
    defaultBranch: text('--default-branch <branch>', 'the branch whose pushes build it'),
  },
  examples: ['staithe project create hello --name "Hello" --repository acme/hello --default-branch main'],
  calls: ['createProject'],
  async run({ args, options }, { api }) {
    const project = await api.call('createProject', {
      body: {
        slug: args.slug,
        ...(options.name !== undefined && { name: options.name }),
        ...(options.repository !== undefined && { repository: options.repository }),
        ...(options.defaultBranch !== undefined && { default_branch: options.defaultBranch }),
      },
    });
    return {
      json: project,
      text: projectText(project),
      notes: [`next: staithe build create --project ${project.slug} --dir . --follow`],
    };
  },
});
