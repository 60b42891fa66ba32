import { command } from '../command.ts';
import { projectOption, text } from '../option.ts';
import { fields } from '../terminal/table.ts';
import { doubtNotes, FILE, readManifestFile } from './file.ts';

export const sync = command({
  name: 'sync',
  summary: 'Check a manifest and make it the one of a project',
  details:
    'Builds of trees that have no staithe.yaml use the manifest that was synced last, or the one whose hash they name.',
  args: FILE,
  optionalArgs: ['file'],
  options: {
    project: projectOption,
    gitSha: text('--git-sha <sha>', 'the commit that the file is of'),
  },
  examples: [
    'staithe manifest sync --project hello',
    'staithe manifest sync services/staithe.yaml --project hello',
  ],
  calls: ['syncManifest'],
  async run({ args, options }, { api, terminal }) {
    const file = readManifestFile(args.file, terminal.json);
    const synced = await api.call('syncManifest', {
      params: { project: options.project },
      body: {
        manifest: file.text,
        file: file.name,
        ...(options.gitSha !== undefined && { git_sha: options.gitSha }),
      },
    });
    return {
      json: synced,
      text: fields([
        ['project', options.project],
        ['hash', synced.manifest_hash],
        ['services', synced.services.join(', ')],
      ]),
      notes: [
        ...doubtNotes(file),
        `next: staithe build create --project ${options.project} --manifest-hash ${synced.manifest_hash} --dir . --follow`,
      ],
    };
  },
});
