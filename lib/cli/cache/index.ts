import type { CommandGroup } from '../command.ts';
import { list } from './list.ts';
import { purge } from './purge.ts';

export const cache: CommandGroup = { name: 'cache', commands: [list, purge] };
