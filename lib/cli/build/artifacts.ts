import { command } from '../command.ts';
import { text } from '../option.ts';
import { table } from '../terminal/table.ts';
import { artifactColumns } from './view.ts';

export const artifacts = command({
  name: 'artifacts',
  summary: 'List the artifacts of a build',
  args: { build: 'id of the build (bld_…)' },
  options: { run: text('--run <run>', 'of this run (run_…) and not of the newest that completed') },
  examples: ['staithe build artifacts bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['listBuildArtifacts'],
  async run({ args, options }, { api }) {
    const list = await api.call('listBuildArtifacts', {
      params: { build: args.build },
      query: options.run === undefined ? {} : { run: options.run },
    });
    const first = list.items[0];
    return {
      json: list,
      text: first === undefined ? '' : table(list.items, artifactColumns),
      notes: [
        first === undefined
          ? `no artifacts; next: staithe build show ${args.build}`
          : `next: staithe artifact download ${first.id}`,
      ],
    };
  },
});
