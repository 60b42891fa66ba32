import type { CommandGroup } from '../command.ts';
import { send } from './send.ts';

export const webhook: CommandGroup = {
  name: 'webhook',
  commands: [send],
};
