import { command } from '../command.ts';
import { runText } from './view.ts';

export const cancel = command({
  name: 'cancel',
  summary: 'Cancel the run of a build that is under way',
  args: { build: 'id of the build (bld_…)' },
  examples: ['staithe build cancel bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['cancelBuild'],
  async run({ args }, { api }) {
    const run = await api.call('cancelBuild', { params: { build: args.build } });
    return { json: run, text: runText(run) };
  },
});
