import { command } from '../command.ts';
import { integer } from '../option.ts';
import { table } from '../terminal/table.ts';
import { letterColumns } from './view.ts';

/** What the API gives at once (lib/contract/route.ts). */
const MOST = 100;
const NO_MORE = `more: not listed, as ${MOST} are the most at once; staithe dead-letter redrive --all takes them all`;

export const list = command({
  name: 'list',
  summary: 'List events that came to nothing, oldest first',
  details:
    'They stay in the queue. It has no order and no cursor: of more letters than --limit, any are shown. Needs an admin token that is not bound to a project.',
  options: { limit: integer('--limit <n>', 'how many to show, 1 to 100 (default: 20)') },
  examples: ['staithe dead-letter list', 'staithe dead-letter list --limit 100 --json'],
  calls: ['listDeadLetters'],
  async run({ options: { limit } }, { api }) {
    const page = await api.call('listDeadLetters', { query: { ...(limit !== undefined && { limit }) } });
    const nothing = page.items.length === 0;
    return {
      json: page,
      text: nothing ? '' : table(page.items, letterColumns),
      notes: [
        ...(nothing ? ['no dead letters'] : ['next: staithe dead-letter show <letter>, or redrive --all']),
        ...(page.more ? [limit === MOST ? NO_MORE : `more: --limit ${MOST}`] : []),
      ],
    };
  },
});
