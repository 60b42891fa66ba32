import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import { releaseColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the releases of a project, newest first',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe release list --project hello'],
  calls: ['listReleases'],
  async run({ options }, { api }) {
    const params = { project: options.project };
    const page = await readPages(options, (query) => api.call('listReleases', { params, query }));
    return listResult(page, releaseColumns, 'staithe release create --build <build> --version 0.1.0');
  },
});
