import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import { secretColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the secrets of a project by name, without their values',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe secret list --project hello'],
  calls: ['listSecrets'],
  async run({ options }, { api }) {
    const params = { project: options.project };
    const page = await readPages(options, (query) => api.call('listSecrets', { params, query }));
    return listResult(page, secretColumns, `staithe secret set NPM_TOKEN --project ${options.project}`);
  },
});
