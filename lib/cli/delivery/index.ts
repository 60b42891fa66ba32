import type { CommandGroup } from '../command.ts';
import { list } from './list.ts';
import { show } from './show.ts';

export const delivery: CommandGroup = {
  name: 'delivery',
  commands: [show, list],
};
