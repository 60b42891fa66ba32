import type { CommandGroup } from '../command.ts';
import { logs } from './logs.ts';
import { show } from './show.ts';

export const job: CommandGroup = {
  name: 'job',
  commands: [show, logs],
};
