import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption, requiredText } from '../option.ts';
import { deploymentColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the deployments to an environment, newest first',
  options: {
    project: projectOption,
    environment: requiredText('--environment <name>', 'name of the environment'),
    ...pagingOptions,
  },
  examples: ['staithe deployment list --project hello --environment test'],
  calls: ['listDeployments'],
  async run({ options }, { api }) {
    const params = { project: options.project, environment: options.environment };
    const page = await readPages(options, (query) => api.call('listDeployments', { params, query }));
    return listResult(
      page,
      deploymentColumns,
      `staithe deploy ${options.environment} --project ${options.project} --release latest --follow`,
    );
  },
});
