import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import { environmentColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the environments of a project',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe environment list --project hello'],
  calls: ['listEnvironments'],
  async run({ options }, { api }) {
    const params = { project: options.project };
    const page = await readPages(options, (query) => api.call('listEnvironments', { params, query }));
    return listResult(
      page,
      environmentColumns,
      `staithe environment set test --project ${options.project} --function <name>`,
    );
  },
});
