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
import { choice, listProjectOptions, text } from '../option.ts';
import { listedBuildColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List builds with how their newest runs stand, newest first',
  details:
    'By --status, builds are in the order of their newest runs. Builds of versions that knew no filters are found by ' +
    'project and time only.',
  options: {
    ...listProjectOptions,
    status: choice('--status <status>', 'of builds whose newest run is so', [
      'pending',
      'building',
      'completed',
      'failed',
      'cancelled',
    ]),
    ref: text('--ref <ref>', 'of this branch (main), or of the full name of a ref (refs/tags/v1.2.0)'),
    ...spanOptions,
    ...pagingOptions,
  },
  examples: [
    'staithe build list --project hello --limit 5',
    'staithe build list --project hello --status failed --ref main --since 7d',
    'staithe build list --all-projects --status building',
  ],
  calls: ['whoAmI', 'listProjects', 'listBuilds', 'listAllBuilds'],
  async run({ options }, { api }) {
    const project = await projectOfList(options, api);
    const { status, ref } = options;
    const span = spanOf(options);
    const filter = { ...(status && { status }), ...(ref !== undefined && { ref }), ...span };
    const page = await readPages(options, (paging) => {
      const query = { ...filter, ...paging };
      return project === undefined
        ? api.call('listAllBuilds', { query })
        : api.call('listBuilds', { params: { project }, query });
    });
    return listResult(
      page,
      [...(await projectColumn(project, api)), ...listedBuildColumns],
      Object.keys(filter).length > 0
        ? 'staithe build list with other filters, or none'
        : `staithe build create --project ${project ?? '<project>'} --dir .`,
      span,
    );
  },
});
