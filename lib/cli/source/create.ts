import { command } from '../command.ts';
import { projectOption } from '../option.ts';
import { readyArchive, sourceOptions, uploadSource } from '../upload/source.ts';
import { sourceText } from './view.ts';

export const create = command({
  name: 'create',
  summary: 'Pack and upload a source',
  details: 'Bytes that are stored already are not sent again.',
  options: { project: projectOption, ...sourceOptions },
  examples: [
    'staithe source create --project hello --dir .',
    'staithe source create --project hello --file hello.tar.gz',
  ],
  calls: ['createSource', 'getSource'],
  async run({ options }, { api, terminal, connection }) {
    const archive = await readyArchive(options, connection().local, terminal);
    const { id } = await uploadSource(api, terminal, options.project, archive);
    const source = await api.call('getSource', { params: { source: id } });
    return {
      json: source,
      text: sourceText(source),
      notes: [`next: staithe build create --project ${options.project} --source ${id} --follow`],
    };
  },
});
