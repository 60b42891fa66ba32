import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { runColumns } from './view.ts';

export const runs = command({
  name: 'runs',
  summary: 'List the runs of a build, newest first',
  args: { build: 'id of the build (bld_…)' },
  options: pagingOptions,
  examples: ['staithe build runs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['listRuns'],
  async run({ args, options }, { api }) {
    const page = await readPages(options, (query) =>
      api.call('listRuns', { params: { build: args.build }, query }),
    );
    return listResult(page, runColumns, `staithe build run ${args.build} --follow`);
  },
});
