import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { choice, flag, integer, text } from '../option.ts';
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
    maxConcurrentJobs: integer('--max-concurrent-jobs <number>', 'how many of its jobs may work at once'),
    supersede: choice(
      '--supersede <on|off>',
      'whether a new run cancels older ones of its branch that still wait',
      ['on', 'off'],
    ),
    unlimited: flag('--unlimited', 'take the limit of concurrent jobs away'),
  },
  examples: [
    'staithe project update hello --default-branch trunk',
    'staithe project update hello --unlink',
    'staithe project update hello --max-concurrent-jobs 4 --supersede on',
  ],
  calls: ['updateProject'],
  async run({ args, options }, { api }) {
    if (options.unlink && options.repository !== undefined)
      throw usageFailure('--unlink and --repository exclude each other.', 'Give one of them.');
    const body = {
      ...(options.name !== undefined && { name: options.name }),
      ...(options.repository !== undefined && { repository: options.repository }),
      ...(options.unlink && { repository: null }),
      ...(options.defaultBranch !== undefined && { default_branch: options.defaultBranch }),
      ...(options.maxConcurrentJobs !== undefined && { max_concurrent_jobs: options.maxConcurrentJobs }),
      ...(options.supersede !== undefined && { supersede: options.supersede === 'on' }),
      ...(options.unlimited && { max_concurrent_jobs: null }),
    };
    if (options.unlimited && options.maxConcurrentJobs !== undefined)
      throw usageFailure('--unlimited and --max-concurrent-jobs exclude each other.', 'Give one of them.');
    if (Object.keys(body).length === 0)
      throw usageFailure('Nothing says what to change.', 'staithe project update --help');
    const project = await api.call('updateProject', { params: { project: args.project }, body });
    return { json: project, text: projectText(project) };
  },
});
