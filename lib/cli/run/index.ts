import type { CommandGroup } from '../command.ts';
import { cancel } from './cancel.ts';
import { show } from './show.ts';

export const run: CommandGroup = {
  name: 'run',
  commands: [show, cancel],
};
