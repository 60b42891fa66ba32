import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import {
  listResult,
  pagingOptions,
  projectColumn,
  projectOfList,
  readPages,
  spanOf,
  spanOptions,
} from '../list.ts';
import { listProjectOptions, text } from '../option.ts';
import { deploymentColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List deployments to an environment, a project or all projects, newest first',
  details: 'Without --environment they are of all environments that the project has.',
  options: {
    ...listProjectOptions,
    environment: text('--environment <name>', 'to this environment only'),
    ...spanOptions,
    ...pagingOptions,
  },
  examples: [
    'staithe deployment list --project hello --environment test',
    'staithe deployment list --all-projects --since 1d',
  ],
  calls: ['whoAmI', 'listProjects', 'listDeployments', 'listAllDeployments'],
  async run({ options }, { api }) {
    const { environment } = options;
    if (options.allProjects && environment !== undefined)
      throw usageFailure(
        'An environment is one of one project.',
        'Give --project <project> with --environment, or --all-projects without it.',
      );
    const project = await projectOfList(options, api);
    const span = spanOf(options);
    const page = await readPages(options, (paging) => {
      const query = { ...span, ...paging };
      return project === undefined || environment === undefined
        ? api.call('listAllDeployments', { query: { ...query, ...(project !== undefined && { project }) } })
        : api.call('listDeployments', { params: { project, environment }, query });
    });
    return listResult(
      page,
      [...(await projectColumn(project, api)), ...deploymentColumns],
      `staithe deploy ${environment ?? '<environment>'} --project ${project ?? '<project>'} --release latest --follow`,
      span,
    );
  },
});
