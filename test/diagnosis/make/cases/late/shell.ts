/** Commands of a shell that goes on. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

export const SHELL_LATE: readonly Case[] = [
  late('sh-warning-after-missing-program', 'frobnicate: not found', {
    command: goingOn('frobnicate --all', 'echo "warning: no cache was written" >&2'),
  }),
];
