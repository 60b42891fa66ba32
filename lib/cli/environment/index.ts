import type { CommandGroup } from '../command.ts';
import { remove } from './delete.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { set } from './set.ts';
import { show } from './show.ts';

export const environment: CommandGroup = {
  name: 'environment',
  commands: [set, list, show, logs, remove],
};
