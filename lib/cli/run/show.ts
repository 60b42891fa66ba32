import { runText } from '../build/view.ts';
import { command } from '../command.ts';

export const show = command({
  name: 'show',
  summary: 'Show a run and its jobs',
  details: 'With --json the jobs stand in the run as `jobs`.',
  args: { run: 'id of the run (run_…)' },
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
