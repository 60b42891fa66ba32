import type { CommandGroup } from '../command.ts';
import { artifacts } from './artifacts.ts';
import { cancel } from './cancel.ts';
import { create } from './create.ts';
import { diagnose } from './diagnose.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { show } from './show.ts';

export const build: CommandGroup = {
  name: 'build',
  commands: [create, list, show, run, runs, logs, diagnose, artifacts, cancel],
};
