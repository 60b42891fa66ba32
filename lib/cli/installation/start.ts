import { resolve } from 'node:path';
import { command } from '../command.ts';
import { flag, integer, text } from '../option.ts';
import { wholeCheckout } from './checkout.ts';
import { handOver } from './hand-over.ts';
import { defaultState } from './program.ts';

export const start = command({
  name: 'start',
  summary: 'Run Staithe on this machine',
  details:
    'The template that AWS deploys, on the embedded cloud, until Ctrl-C; an example is taken the whole way first. ' +
    'The installed program brings what it needs into $XDG_CACHE_HOME/staithe (~/.cache) the first time, with npm and ' +
    'by the lock file that it carries. In a checkout it is `npm start`.',
  options: {
    once: flag('--once', 'stop after the example; the exit code tells whether all of it worked'),
    tour: flag('--no-tour', 'leave the example out'),
    restore: flag(
      '--restore',
      'put backups in the place of state files that are missing or damaged, then start',
    ),
    state: text(
      '--state <folder>',
      'where everything is kept (default: .staithe of the checkout; installed: $XDG_STATE_HOME/staithe/server)',
    ),
    port: integer('--port <n>', 'port of the AWS endpoint (default: one that stays the same)'),
  },
  examples: ['staithe start', 'staithe start --once', 'staithe start --no-tour --state ./state'],
  calls: [],
  async run({ options }, { terminal, verbose }) {
    const state = resolve(options.state ?? defaultState(process.env));
    const checkout = await wholeCheckout(terminal);
    const code = await handOver(checkout, [
      'bin/start.ts',
      '--state',
      state,
      ...(options.once ? ['--once'] : []),
      ...(options.restore ? ['--restore'] : []),
      ...(options.tour ? [] : ['--no-tour']),
      ...(options.port === undefined ? [] : ['--port', String(options.port)]),
      ...(verbose ? ['--verbose'] : []),
    ]);
    return { exitCode: code };
  },
});
