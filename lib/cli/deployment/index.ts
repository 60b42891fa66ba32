import type { CommandGroup } from '../command.ts';
import { list } from './list.ts';
import { show } from './show.ts';

export const deployment: CommandGroup = {
  name: 'deployment',
  commands: [show, list],
};
