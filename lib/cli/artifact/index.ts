import type { CommandGroup } from '../command.ts';
import { download } from './download.ts';
import { list } from './list.ts';
import { show } from './show.ts';

export const artifact: CommandGroup = {
  name: 'artifact',
  commands: [list, show, download],
};
