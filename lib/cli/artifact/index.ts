import type { CommandGroup } from '../command.ts';
import { remove } from './delete.ts';
import { download } from './download.ts';
import { list } from './list.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';

export const artifact: CommandGroup = {
  name: 'artifact',
  commands: [upload, list, show, download, remove],
};
