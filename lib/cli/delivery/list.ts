import { command } from '../command.ts';
import { listResult, pagingOptions, projectOfList, readPages, spanOf, spanOptions } from '../list.ts';
import { choice, listProjectOptions } from '../option.ts';
import { deliveryColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the webhooks that came, and what came of each, newest first',
  details:
    'A webhook stands in the list of each project of its repository, with what came of it there: also when it was ' +
    'ignored, a duplicate, or failed. With --all-projects and a token that is bound to none, those of no project are listed too.',
  options: {
    ...listProjectOptions,
    decision: choice('--decision <decision>', 'those of which this came', [
      'received',
      'building',
      'duplicate',
      'ignored',
      'failed',
    ]),
    ...spanOptions,
    ...pagingOptions,
  },
  examples: [
    'staithe delivery list --project hello',
    'staithe delivery list --all-projects --decision failed --since 1d',
  ],
  calls: ['whoAmI', 'listDeliveries'],
  async run({ options }, { api }) {
    const project = await projectOfList(options, api);
    const span = spanOf(options);
    const filter = {
      ...(project !== undefined && { project }),
      ...(options.decision && { decision: options.decision }),
      ...span,
    };
    const page = await readPages(options, (paging) =>
      api.call('listDeliveries', { query: { ...filter, ...paging } }),
    );
    const empty = 'staithe webhook send <payload.json>';
    return listResult(page, deliveryColumns(project === undefined), empty, span);
  },
});
