import { countsInWords } from '../../domain/execution/model/counts.ts';
import { command } from '../command.ts';
import { hasEnded } from '../follow/run.ts';
import { text } from '../option.ts';
import type { Run } from '../resources.ts';
import { table } from '../terminal/table.ts';
import { artifactColumns } from './view.ts';

/** How far the list is to be trusted: what the run has come to, when that is not all that it was to make. */
function standing(run: Run | null, isEmpty: boolean): string[] {
  if (run === null) return ['not run yet'];
  if (run.status === 'completed') return isEmpty ? ['no artifacts'] : [];
  const counts = run.job_counts === undefined ? '' : ` (${countsInWords(run.job_counts)})`;
  const how = hasEnded(run) ? 'the run' : 'so far: the run is';
  const word = run.status === 'cancelled' ? 'was cancelled' : run.status;
  return [`${isEmpty ? 'no artifacts' : 'not all artifacts'}; ${how} ${word}${counts}`];
}

export const artifacts = command({
  name: 'artifacts',
  summary: 'List the artifacts of a build',
  details:
    'Of a run that has not completed it lists what its completed jobs have left. These can be downloaded, and named in a ' +
    'release one by one; a release of the whole build takes a completed run.',
  args: { build: 'id of the build (bld_…)' },
  options: { run: text('--run <run>', 'of this run (run_…) and not of the newest') },
  examples: ['staithe build artifacts bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getBuild', 'getRun', 'listBuildArtifacts'],
  async run({ args, options }, { api }) {
    const run =
      options.run === undefined
        ? (await api.call('getBuild', { params: { build: args.build } })).latest_run
        : await api.call('getRun', { params: { run: options.run } });
    const list = await api.call('listBuildArtifacts', {
      params: { build: args.build },
      query: run === null ? {} : { run: run.id },
    });
    const first = list.items[0];
    return {
      json: list,
      text: first === undefined ? '' : table(list.items, artifactColumns),
      notes: [
        ...standing(run, first === undefined),
        first === undefined
          ? `next: staithe build ${run === null ? 'run' : 'show'} ${args.build}`
          : `next: staithe artifact download ${first.id}`,
        ...(run !== null && hasEnded(run) && run.status !== 'completed' && first !== undefined
          ? [`      staithe build run ${args.build} --failed --follow`]
          : []),
      ],
    };
  },
});
