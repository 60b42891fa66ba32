import { command } from '../command.ts';
import {
  listResult,
  pagingOptions,
  projectColumn,
  projectOfList,
  readPages,
  spanOf,
  spanOptions,
} from '../list.ts';
import { listProjectOptions } from '../option.ts';
import { releaseColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List releases, newest first',
  options: { ...listProjectOptions, ...spanOptions, ...pagingOptions },
  examples: ['staithe release list --project hello', 'staithe release list --all-projects --since 7d'],
  calls: ['whoAmI', 'listProjects', 'listReleases', 'listAllReleases'],
  async run({ options }, { api }) {
    const project = await projectOfList(options, api);
    const span = spanOf(options);
    const page = await readPages(options, (paging) => {
      const query = { ...span, ...paging };
      return project === undefined
        ? api.call('listAllReleases', { query })
        : api.call('listReleases', { params: { project }, query });
    });
    return listResult(
      page,
      [...(await projectColumn(project, api)), ...releaseColumns],
      'staithe release create --build <build> --version 0.1.0',
      span,
    );
  },
});
