import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the projects',
  options: pagingOptions,
  examples: ['staithe project list', 'staithe project list --all --json'],
  calls: ['listProjects'],
  async run({ options }, { api }) {
    const page = await readPages(options, (query) => api.call('listProjects', { query }));
    return listResult(page, projectColumns, 'staithe project create <slug>');
  },
});
