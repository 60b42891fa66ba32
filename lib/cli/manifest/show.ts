import { yamlOf } from '../../domain/manifest/index.ts';
import { command } from '../command.ts';
import { projectOption, text } from '../option.ts';
import { clean } from '../terminal/clean.ts';
import { moment } from '../terminal/format.ts';

export const show = command({
  name: 'show',
  summary: 'Show the synced manifest of a project',
  details: 'In its canonical form: without comments, and without what has its default.',
  options: {
    project: projectOption,
    hash: text('--hash <hash>', 'the one with this hash (default: the one that was synced last)'),
  },
  examples: ['staithe manifest show --project hello', 'staithe manifest show --project hello --json'],
  calls: ['getManifest'],
  async run({ options }, { api }) {
    const synced = await api.call('getManifest', {
      params: { project: options.project },
      query: options.hash === undefined ? {} : { hash: options.hash },
    });
    const about = [
      synced.manifest_hash,
      `synced ${moment(synced.synced_at)} by ${synced.synced_by}`,
      ...(synced.git_sha === undefined ? [] : [`of commit ${synced.git_sha}`]),
    ];
    return {
      json: synced,
      text: clean(`${about.map((line) => `# ${line}\n`).join('')}${yamlOf(synced.manifest)}`).trimEnd(),
    };
  },
});
