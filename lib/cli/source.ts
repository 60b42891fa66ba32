/** `staithe source`. */
import type { Source } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { projectOption } from './command/option.ts';
import { bytes, moment } from './terminal/format.ts';
import { status } from './terminal/style.ts';
import { fields } from './terminal/table.ts';
import { prepareArchive, sourceOptions, uploadSource } from './transfer/source.ts';

function sourceText(source: Source): string {
  return fields([
    ['source', source.id],
    ['project', source.project_id],
    ['status', source.status, status],
    ['format', source.format],
    ['size', bytes(source.size_bytes)],
    ['sha256', source.sha256],
    ['git', source.git && `${source.git.repository} ${source.git.ref} ${source.git.sha}`],
    ['created', `${moment(source.created_at)} by ${source.created_by}`],
  ]);
}

const create = command({
  name: 'create',
  summary: 'Pack and upload a source',
  details: 'A source that is already stored is not uploaded again.',
  options: { project: projectOption, ...sourceOptions },
  examples: [
    'staithe source create --project hello --dir .',
    'staithe source create --project hello --file hello.tar.gz',
  ],
  calls: ['createSource', 'getSource'],
  async run({ options }, { api, terminal, connection }) {
    const archive = await prepareArchive(options, connection().local, terminal);
    const { id } = await uploadSource(api, terminal, options.project, archive);
    const source = await api.call('getSource', { params: { source: id } });
    return {
      json: source,
      text: sourceText(source),
      notes: [`next: staithe build create --project ${options.project} --source ${id} --follow`],
    };
  },
});

const show = command({
  name: 'show',
  summary: 'Show a source',
  args: { source: 'Source id (src_…)' },
  examples: ['staithe source show src_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getSource'],
  async run({ args }, { api }) {
    const source = await api.call('getSource', { params: { source: args.source } });
    return { json: source, text: sourceText(source) };
  },
});

export const source: CommandGroup = { name: 'source', commands: [create, show] };
