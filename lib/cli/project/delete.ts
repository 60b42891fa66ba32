import { command } from '../command.ts';
import { flag } from '../option.ts';
import { confirm } from '../terminal/ask.ts';

export const remove = command({
  name: 'delete',
  summary: 'Delete a project',
  details:
    'A project that has builds, artifacts, environments or secrets is deleted only with --force, which also deletes all of these: runs end, tokens of the project are revoked, images and files are removed. Functions that were deployed go on serving. It asks first.',
  args: { project: 'its slug or id' },
  options: {
    force: flag('--force', 'also when it is not empty, with all that is in it'),
    yes: flag('--yes', 'do not ask'),
  },
  examples: ['staithe project delete hello', 'staithe project delete hello --force --yes'],
  calls: ['deleteProject'],
  async run({ args, options }, { api }) {
    const what = options.force ? 'the project, and all that is in it,' : 'the project';
    if (!options.yes) await confirm(`Deleting ${what} ${args.project}`, args.project);
    await api.call('deleteProject', {
      params: { project: args.project },
      ...(options.force && { query: { force: 'true' } }),
    });
    return { json: { project: args.project, deleted: true }, text: `Deleted the project ${args.project}` };
  },
});
