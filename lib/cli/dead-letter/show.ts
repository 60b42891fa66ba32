import { command } from '../command.ts';
import { letterText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show an event that came to nothing, and why',
  args: { letter: 'id of the letter' },
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
