import type { CommandGroup } from '../command.ts';
import { create } from './create.ts';
import { show } from './show.ts';

export const source: CommandGroup = {
  name: 'source',
  commands: [create, show],
};
