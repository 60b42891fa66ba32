import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { tokenColumns } from './view.ts';

export const list = command({
  name: 'list',
  summary: 'List the tokens, newest first, without their secrets',
  options: pagingOptions,
  examples: ['staithe token list'],
  calls: ['listTokens'],
  async run({ options }, { api }) {
    const page = await readPages(options, (query) => api.call('listTokens', { query }));
    return listResult(page, tokenColumns, 'staithe token create --role developer');
  },
});
