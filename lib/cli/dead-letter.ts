/** `staithe dead-letter`. */
import type { Api } from './api/api.ts';
import type { DeadLetter, DeadLetterWithEvent, OutputOf } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { flag, integer } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { clean } from './terminal/clean.ts';
import { moment } from './terminal/format.ts';
import { fields, table } from './terminal/table.ts';

/** The most that the API returns at once (lib/contract/route.ts). */
const MAX_LISTED = 100;
const MORE_THAN_LISTED = `more: at most ${MAX_LISTED} can be listed; staithe dead-letter redrive --all processes all of them`;

const list = command({
  name: 'list',
  summary: 'List events that could not be processed',
  details:
    'Lists up to --limit dead letters, the oldest first, and keeps them in the queue. If the queue has more, the selection ' +
    'is arbitrary, because a queue cannot be read page by page. Requires an admin token that is not bound to a project.',
  options: { limit: integer('--limit <n>', `Maximum number of results, 1 to ${MAX_LISTED} (default: 20)`) },
  examples: ['staithe dead-letter list', 'staithe dead-letter list --limit 100 --json'],
  calls: ['listDeadLetters'],
  async run({ options: { limit } }, { api }) {
    const page = await api.call('listDeadLetters', { query: { ...(limit !== undefined && { limit }) } });
    const isEmpty = page.items.length === 0;
    const text = table(page.items, [
      { title: 'id', value: (letter: DeadLetter) => letter.id },
      { title: 'target', value: (letter) => letter.target ?? undefined },
      { title: 'reason', value: (letter) => letter.reason },
      { title: 'failed', value: (letter) => moment(letter.failed_at) },
      { title: 'expires', value: (letter) => moment(letter.expires_at) },
    ]);
    return {
      json: page,
      text: isEmpty ? '' : text,
      notes: [
        ...(isEmpty
          ? ['No dead letters.']
          : ['next: staithe dead-letter show <letter>, or staithe dead-letter redrive --all']),
        ...(page.more ? [limit === MAX_LISTED ? MORE_THAN_LISTED : `more: --limit ${MAX_LISTED}`] : []),
      ],
    };
  },
});

const KINDS: Readonly<Record<DeadLetter['kind'], string>> = {
  undelivered: 'event not delivered to its target',
  failed: 'function failed to process the event',
  unknown: 'unknown',
};

function letterText(letter: DeadLetterWithEvent): string {
  const record = fields([
    ['letter', letter.id],
    ['cause', KINDS[letter.kind]],
    ['target', letter.target ?? 'unknown'],
    ['rule', letter.rule],
    ['reason', letter.reason],
    ['message', letter.message],
    ['attempts', letter.attempts?.toString()],
    ['failed', moment(letter.failed_at)],
    ['expires', moment(letter.expires_at)],
  ]);
  const event = JSON.stringify(letter.event, null, 2) ?? 'The event was too large to store.';
  return `${record}\n\n${event
    .split('\n')
    .map((line) => clean(line))
    .join('\n')}`;
}

const show = command({
  name: 'show',
  summary: 'Show an event that could not be processed, and the reason',
  args: { letter: 'Dead letter id' },
  examples: ['staithe dead-letter show 0b6d3c1e-5d0f-4a53-9a8e-6f1f5b7b2c11'],
  calls: ['getDeadLetter'],
  async run({ args }, { api }) {
    const letter = await api.call('getDeadLetter', { params: { letter: args.letter } });
    return {
      json: letter,
      text: letterText(letter),
      notes: [`next: staithe dead-letter redrive ${letter.id}`],
    };
  },
});

/**
 * Redrives letters until a request redrives none. One request works for up to 20 s. A letter that is refused comes back
 * with each request and is reported once; a letter that fails again meanwhile is left to a later redrive. After a request
 * that redrove none, the next would stop at the same letters.
 * @returns with `more` when letters remain that were not tried
 */
async function redriveAll(api: Api<'redriveDeadLetters'>) {
  const refused = new Map<string, OutputOf<'redriveDeadLetters'>['refused'][number]>();
  let redriven = 0;
  let before: string | undefined;
  for (;;) {
    const answer = await api.call('redriveDeadLetters', {
      body: { ...(before !== undefined && { before }) },
    });
    before = answer.before;
    redriven += answer.redriven;
    for (const letter of answer.refused) refused.set(letter.id, letter);
    if (!answer.more || answer.redriven === 0)
      return { redriven, refused: [...refused.values()], more: answer.more };
  }
}

const redrive = command({
  name: 'redrive',
  summary: 'Send events that could not be processed to their targets again',
  details:
    'Fix the cause first. A dead letter is removed when its target has received the event; an event that fails again ' +
    'becomes a new dead letter. An interrupted redrive can be repeated.',
  args: { letter: 'Dead letter id' },
  optionalArgs: ['letter'],
  options: { all: flag('--all', 'All dead letters') },
  examples: [
    'staithe dead-letter redrive 0b6d3c1e-5d0f-4a53-9a8e-6f1f5b7b2c11',
    'staithe dead-letter redrive --all',
  ],
  calls: ['redriveDeadLetter', 'redriveDeadLetters'],
  async run({ args: { letter }, options: { all } }, { api }) {
    if (all === (letter !== ''))
      throw usageFailure(
        letter === '' ? 'No dead letter specified.' : 'A dead letter id and --all cannot be combined.',
        'Use either the id of a dead letter or --all.',
      );
    if (!all) {
      const redriven = await api.call('redriveDeadLetter', { params: { letter } });
      return { json: redriven, text: `Redrove ${redriven.id}: sent to ${redriven.target}` };
    }
    const { redriven, refused, more } = await redriveAll(api);
    return {
      json: { redriven, refused, more },
      text: [
        `Redrove ${redriven} dead letter${redriven === 1 ? '' : 's'}`,
        ...refused.map(({ id, message }) => `not redriven: ${id}: ${clean(message)}`),
      ].join('\n'),
      notes: [
        ...(refused.length > 0 ? [`next: staithe dead-letter show ${refused[0]?.id}`] : []),
        ...(more
          ? [
              'more: the last request redrove no dead letter within its time limit, and some were not tried; run staithe dead-letter redrive --all again',
            ]
          : []),
      ],
    };
  },
});

export const deadLetter: CommandGroup = { name: 'dead-letter', commands: [list, show, redrive] };
