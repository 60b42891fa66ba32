import type { CommandGroup } from '../command.ts';
import { create } from './create.ts';
import { list } from './list.ts';
import { revoke } from './revoke.ts';

export const token: CommandGroup = {
  name: 'token',
  commands: [create, list, revoke],
};
