import { command } from '../command.ts';
import { sourceText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show a source',
  args: { source: 'id of the source (src_…)' },
  examples: ['staithe source show src_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getSource'],
  async run({ args }, { api }) {
    const source = await api.call('getSource', { params: { source: args.source } });
    return { json: source, text: sourceText(source) };
  },
});
