import type { Api } from '../api.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { flag } from '../option.ts';
import type { OutputOf } from '../resources.ts';
import { clean } from '../terminal/clean.ts';

export const redrive = command({
  name: 'redrive',
  summary: 'Hand events that came to nothing to their targets again',
  details:
    'Mend first what was wrong. A letter is removed once its target has the event; what fails again comes back as a new letter. A redrive that was cut off may be repeated.',
  args: { letter: 'id of the letter' },
  optionalArgs: ['letter'],
  options: { all: flag('--all', 'all letters') },
  examples: [
    'staithe dead-letter redrive 0b6d3c1e-5d0f-4a53-9a8e-6f1f5b7b2c11',
    'staithe dead-letter redrive --all',
  ],
  calls: ['redriveDeadLetter', 'redriveDeadLetters'],
  async run({ args: { letter }, options: { all } }, { api }) {
    if (all === (letter !== ''))
      throw usageFailure('Say which letter, or all of them.', 'Give the id of a letter, or --all.');
    if (!all) {
      const redriven = await api.call('redriveDeadLetter', { params: { letter } });
      return { json: redriven, text: `Redrove ${redriven.id}: ${redriven.target} has the event again` };
    }
    const { redriven, refused, more } = await redriveAll(api);
    return {
      json: { redriven, refused, more },
      text: [
        `Redrove ${redriven} letter${redriven === 1 ? '' : 's'}`,
        ...refused.map(({ id, message }) => `left ${id}: ${clean(message)}`),
      ].join('\n'),
      notes: [
        ...(refused.length > 0 ? [`next: staithe dead-letter show ${refused[0]?.id}`] : []),
        ...(more
          ? [
              'more: the last request redrove none in its time, and not all were looked at; staithe dead-letter redrive --all',
            ]
          : []),
      ],
    };
  },
});

/**
 * One request does what it can in 20 s. What was refused comes again with the next, and is named once; what has failed again
 * meanwhile is left to another redrive. A request that redrives none is the last: those that are in its way would be in the
 * way of the next.
 * @returns with `more` when there are letters that were not looked at
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
    for (const one of answer.refused) refused.set(one.id, one);
    if (!answer.more || answer.redriven === 0)
      return { redriven, refused: [...refused.values()], more: answer.more };
  }
}
