import { artifactColumns } from '../build/view.ts';
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

export const list = command({
  name: 'list',
  summary: 'List stored artifacts, newest first',
  options: { ...listProjectOptions, ...spanOptions, ...pagingOptions },
  examples: ['staithe artifact list --project hello', 'staithe artifact list --all-projects --since 1d'],
  calls: ['whoAmI', 'listProjects', 'listArtifacts'],
  async run({ options }, { api }) {
    const project = await projectOfList(options, api);
    const span = spanOf(options);
    const whose = { ...(project !== undefined && { project }), ...span };
    const page = await readPages(options, (paging) =>
      api.call('listArtifacts', { query: { ...whose, ...paging } }),
    );
    return listResult(
      page,
      [...(await projectColumn(project, api)), ...artifactColumns],
      `staithe build create --project ${project ?? '<project>'} --dir . --follow`,
      span,
    );
  },
});
