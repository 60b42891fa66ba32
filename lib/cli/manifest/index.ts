import type { CommandGroup } from '../command.ts';
import { check } from './check.ts';
import { hash } from './hash.ts';
import { schema } from './schema.ts';
import { show } from './show.ts';
import { sync } from './sync.ts';

export const manifest: CommandGroup = {
  name: 'manifest',
  commands: [check, sync, show, hash, schema],
};
