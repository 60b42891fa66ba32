import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import { readColumns } from './view.ts';

export const reads = command({
  name: 'reads',
  summary: 'List which jobs were given a secret in the last 90 days, newest first',
  args: { name: 'its name' },
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe secret reads NPM_TOKEN --project hello'],
  calls: ['listSecretReads'],
  async run({ args, options }, { api }) {
    const params = { project: options.project, name: args.name };
    const page = await readPages(options, (query) => api.call('listSecretReads', { params, query }));
    return listResult(page, readColumns, `staithe secret show ${args.name} --project ${options.project}`);
  },
});
