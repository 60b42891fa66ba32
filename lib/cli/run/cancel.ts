import { runText } from '../build/view.ts';
import { command } from '../command.ts';

export const cancel = command({
  name: 'cancel',
  summary: 'Cancel a run',
  args: { run: 'id of the run (run_…)' },
  examples: ['staithe run cancel run_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['cancelRun'],
  async run({ args }, { api }) {
    const run = await api.call('cancelRun', { params: { run: args.run } });
    return { json: run, text: runText(run) };
  },
});
