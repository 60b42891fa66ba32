import type { CommandGroup } from '../command.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { list } from './list.ts';
import { show } from './show.ts';
import { update } from './update.ts';

export const project: CommandGroup = {
  name: 'project',
  commands: [create, list, show, update, remove],
};
