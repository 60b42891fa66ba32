import type { CommandGroup } from '../command.ts';
import { remove } from './delete.ts';
import { list } from './list.ts';
import { reads } from './reads.ts';
import { set } from './set.ts';
import { show } from './show.ts';

export const secret: CommandGroup = {
  name: 'secret',
  commands: [set, list, show, reads, remove],
};
