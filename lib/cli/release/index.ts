import type { CommandGroup } from '../command.ts';
import { create } from './create.ts';
import { list } from './list.ts';
import { resolve } from './resolve.ts';
import { show } from './show.ts';

export const release: CommandGroup = {
  name: 'release',
  commands: [create, list, show, resolve],
};
