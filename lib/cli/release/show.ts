import { command } from '../command.ts';
import { releaseText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show a release',
  args: { release: 'id of the release (rel_…)' },
  examples: ['staithe release show rel_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getRelease'],
  async run({ args }, { api }) {
    const release = await api.call('getRelease', { params: { release: args.release } });
    return { json: release, text: releaseText(release) };
  },
});
