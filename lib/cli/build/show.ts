import { command } from '../command.ts';
import { buildText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show a build, its newest run, and the jobs and artifacts of it',
  details:
    'Of a run that failed it shows the error code, the failing step, what it printed last, and a hint. ' +
    'With --json the jobs stand in the build as `jobs`, the artifacts as `artifacts`.',
  args: { build: 'id of the build (bld_…)' },
  examples: ['staithe build show bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getBuild', 'listJobs', 'listBuildArtifacts'],
  async run({ args }, { api }) {
    const build = await api.call('getBuild', { params: { build: args.build } });
    const run = build.latest_run;
    if (run === null) return { json: { ...build, jobs: [], artifacts: [] }, text: buildText(build) };
    const [{ items: jobs }, { items: artifacts }] = await Promise.all([
      api.call('listJobs', { params: { run: run.id } }),
      api.call('listBuildArtifacts', { params: { build: build.id }, query: { run: run.id } }),
    ]);
    return { json: { ...build, jobs, artifacts }, text: buildText(build, jobs, artifacts) };
  },
});
