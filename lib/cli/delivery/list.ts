import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import { deliveryColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the webhooks that came for a project, newest first',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe delivery list --project hello'],
  calls: ['listDeliveries'],
  async run({ options }, { api }) {
    const page = await readPages(options, (query) =>
      api.call('listDeliveries', { query: { project: options.project, ...query } }),
    );
    return listResult(page, deliveryColumns, 'staithe webhook send <payload.json>');
  },
});
