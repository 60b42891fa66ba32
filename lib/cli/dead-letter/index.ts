import type { CommandGroup } from '../command.ts';
import { list } from './list.ts';
import { redrive } from './redrive.ts';
import { show } from './show.ts';

export const deadLetter: CommandGroup = { name: 'dead-letter', commands: [list, show, redrive] };
