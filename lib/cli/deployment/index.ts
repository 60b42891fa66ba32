import type { CommandGroup } from '../command.ts';
import { list } from './list.ts';
import { show } from './show.ts';
import { wait } from './wait.ts';

export const deployment: CommandGroup = {
  name: 'deployment',
  commands: [show, wait, list],
};
