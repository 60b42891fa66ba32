/** `staithe run`. */
import { runText } from './builds/view.ts';
import { type CommandGroup, command } from './command/command.ts';

const args = { run: 'Run id (run_…)' };

const show = command({
  name: 'show',
  summary: 'Show a run and its jobs',
  details: 'With --json the run has its jobs in the field `jobs`.',
  args,
  examples: ['staithe run show run_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getRun', 'listJobs'],
  async run({ args }, { api }) {
    const params = { run: args.run };
    const [run, { items: jobs }] = await Promise.all([
      api.call('getRun', { params }),
      api.call('listJobs', { params }),
    ]);
    return { json: { ...run, jobs }, text: runText(run, jobs) };
  },
});

const cancel = command({
  name: 'cancel',
  summary: 'Cancel a run',
  args,
  examples: ['staithe run cancel run_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['cancelRun'],
  async run({ args }, { api }) {
    const run = await api.call('cancelRun', { params: { run: args.run } });
    return { json: run, text: runText(run) };
  },
});

export const run: CommandGroup = { name: 'run', commands: [show, cancel] };
