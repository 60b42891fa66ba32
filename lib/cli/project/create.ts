import { command } from '../command.ts';
import { choice, integer, text } from '../option.ts';
import { projectText } from './view.ts';

export const create = command({
  name: 'create',
  summary: 'Create a project',
  args: { slug: 'its name in paths: a-z, 0-9 and -; it never changes' },
  options: {
    name: text('--name <name>', 'its name for people (default: the slug)'),
    repository: text('--repository <owner/name>', 'the git repository whose pushes build it'),
    defaultBranch: text('--default-branch <branch>', 'the branch whose pushes build it'),
    maxConcurrentJobs: integer('--max-concurrent-jobs <number>', 'how many of its jobs may work at once'),
    supersede: choice(
      '--supersede <on|off>',
      'whether a new run cancels older ones of its branch that still wait',
      ['on', 'off'],
    ),
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
        ...(options.maxConcurrentJobs !== undefined && { max_concurrent_jobs: options.maxConcurrentJobs }),
        ...(options.supersede !== undefined && { supersede: options.supersede === 'on' }),
      },
    });
    return {
      json: project,
      text: projectText(project),
      notes: [`next: staithe build create --project ${project.slug} --dir . --follow`],
    };
  },
});
