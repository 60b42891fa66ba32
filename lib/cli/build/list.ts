import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import { buildColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the builds of a project, newest first',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe build list --project hello --limit 5'],
  calls: ['listBuilds'],
  async run({ options }, { api }) {
    const params = { project: options.project };
    const page = await readPages(options, (query) => api.call('listBuilds', { params, query }));
    return listResult(page, buildColumns, `staithe build create --project ${options.project} --dir .`);
  },
});
