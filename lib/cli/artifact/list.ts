import { artifactColumns } from '../build/view.ts';
import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';

export const list = command({
  name: 'list',
  summary: 'List the artifacts of a project, newest first',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe artifact list --project hello'],
  calls: ['listArtifacts'],
  async run({ options }, { api }) {
    const page = await readPages(options, (query) =>
      api.call('listArtifacts', { query: { project: options.project, ...query } }),
    );
    return listResult(
      page,
      artifactColumns,
      `staithe build create --project ${options.project} --dir . --follow`,
    );
  },
});
