import type { CommandGroup } from '../command.ts';
import { login } from './login.ts';

export const registry: CommandGroup = {
  name: 'registry',
  commands: [login],
};
