/** `staithe build`. Its larger verbs, `create` and `logs`, are in builds/. */
import { countsInWords } from '../domain/execution/model/counts.ts';
import type { ListedBuild, Run } from './api/resources.ts';
import { create } from './builds/create.ts';
import { diagnosisText } from './builds/diagnosis.ts';
import { logs } from './builds/logs.ts';
import { artifactColumns, buildText, runText } from './builds/view.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand, listCommand, withProject } from './command/list.ts';
import { choice, flag, text } from './command/option.ts';
import { followToResult, hasEnded, stillRunning } from './follow/run.ts';
import { age, moment, took } from './terminal/format.ts';
import { status } from './terminal/style.ts';
import { table } from './terminal/table.ts';

const args = { build: 'Build id (bld_…)' };
const runOption = { run: text('--run <run>', 'Run id (run_…; default: the newest run)') };

/** The status of the newest run in a word. */
const statusOf = ({ latest_run: run }: ListedBuild): string =>
  run === null ? 'not run' : run.reused_from === undefined ? run.status : 'reused';

const list = listAcrossCommand({
  summary: 'List builds with the status of their newest runs, newest first',
  details:
    'With --status, builds are sorted by their newest runs. Builds recorded before these filters existed are found by ' +
    'project and time only.',
  options: {
    status: choice('--status <status>', 'Only builds whose newest run has this status', [
      'pending',
      'building',
      'completed',
      'failed',
      'cancelled',
    ]),
    ref: text('--ref <ref>', 'Only builds of this branch (main) or full ref (refs/tags/v1.2.0)'),
  },
  examples: [
    'staithe build list --project hello --limit 5',
    'staithe build list --project hello --status failed --ref main --since 7d',
    'staithe build list --all-projects --status building',
  ],
  calls: ['listBuilds', 'listAllBuilds'],
  columns: withProject([
    { title: 'id', value: (build: ListedBuild) => build.id },
    { title: 'status', value: statusOf, style: status },
    { title: 'ref', value: (build) => build.git_ref?.replace(/^refs\/heads\//, '') },
    { title: 'commit', value: (build) => build.git_sha?.slice(0, 7) },
    { title: 'services', value: (build) => build.services?.join(', ') ?? 'all' },
    { title: 'trigger', value: (build) => build.trigger },
    { title: 'took', value: (build) => build.latest_run && took(build.latest_run) },
    { title: 'age', value: (build) => age(build.created_at) },
  ]),
  filterOf: (options) => ({
    ...(options.status && { status: options.status }),
    ...(options.ref !== undefined && { ref: options.ref }),
  }),
  readPage: (project, api, query) =>
    project === undefined
      ? api.call('listAllBuilds', { query })
      : api.call('listBuilds', { params: { project }, query }),
  nextWhenEmpty: (project, filter) =>
    Object.keys(filter).length > 0
      ? 'staithe build list with fewer filters'
      : `staithe build create --project ${project ?? '<project>'} --dir .`,
});

const show = command({
  name: 'show',
  summary: 'Show a build with its newest run, jobs and artifacts',
  details:
    'If the run failed, the output has the error code, the failed step, its last lines and a hint. With --json the build ' +
    'has the fields `jobs` and `artifacts`.',
  args,
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

const run = command({
  name: 'run',
  summary: 'Start a new run of a build',
  args,
  options: {
    failed: flag(
      '--failed',
      'Rerun only the jobs that did not complete in the newest run; keep the other artifacts',
    ),
    follow: flag('--follow', 'Wait until the run has ended'),
  },
  examples: [
    'staithe build run bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe build run bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --failed --follow',
  ],
  calls: ['createRun', 'getRun', 'getBuildLogs', 'listJobs'],
  async run({ args, options }, { api, terminal }) {
    const started = await api.call('createRun', {
      params: { build: args.build },
      body: { jobs: options.failed ? 'failed' : 'all' },
    });
    if (!options.follow) return { json: started, text: runText(started), notes: stillRunning(started) };
    const ended = await followToResult(api, terminal, started);
    if (terminal.json) return undefined;
    const { items: jobs } = await api.call('listJobs', { params: { run: ended.id } });
    return {
      json: ended,
      text: runText(ended, jobs),
      notes: [`next: staithe build artifacts ${args.build}`],
    };
  },
});

const runs = listCommand({
  name: 'runs',
  summary: 'List the runs of a build, newest first',
  args,
  examples: ['staithe build runs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['listRuns'],
  columns: [
    { title: 'id', value: (run: Run) => run.id },
    { title: 'status', value: (run) => run.status, style: status },
    { title: 'progress', value: (run) => `${run.progress}%` },
    { title: 'stage', value: (run) => run.stage },
    { title: 'took', value: took },
    { title: 'created', value: (run) => moment(run.created_at) },
  ],
  readPage: ({ args }, api, query) => api.call('listRuns', { params: { build: args.build }, query }),
  nextWhenEmpty: ({ args }) => `staithe build run ${args.build} --follow`,
});

const diagnose = command({
  name: 'diagnose',
  summary: 'Show why a build failed and what to do next',
  details:
    'Shows the build request, all runs, and the jobs and artifacts of the newest run (or of --run). For a failed run it ' +
    'also shows the failed step (of an image, the stage of the Dockerfile), the error code with a hint, the last 30 lines ' +
    'of the log of the failed job, and the commands to try next. The exit code is 0 even if the build failed.',
  args,
  options: runOption,
  examples: [
    'staithe build diagnose bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    'staithe build diagnose bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --json',
  ],
  calls: ['getBuildDiagnosis'],
  async run({ args, options }, { api }) {
    const diagnosis = await api.call('getBuildDiagnosis', {
      params: { build: args.build },
      query: options.run === undefined ? {} : { run: options.run },
    });
    return { json: diagnosis, text: diagnosisText(diagnosis) };
  },
});

/** The status of a run whose artifacts are not all there, for people who read the list. */
function completeness(run: Run | null, isEmpty: boolean): string[] {
  if (run === null) return ['The build has no run.'];
  if (run.status === 'completed') return isEmpty ? ['No artifacts.'] : [];
  const counts = run.job_counts === undefined ? '' : ` (${countsInWords(run.job_counts)})`;
  const verb = run.status === 'failed' ? 'failed' : `${hasEnded(run) ? 'was' : 'is'} ${run.status}`;
  return [`${isEmpty ? 'No artifacts' : 'Artifacts are incomplete'}: the run ${verb}${counts}.`];
}

const artifacts = command({
  name: 'artifacts',
  summary: 'List the artifacts of a build',
  details:
    'For a run that has not completed it lists the artifacts of its completed jobs. They can be downloaded and added to a ' +
    'release one by one; a release of the whole build requires a completed run.',
  args,
  options: runOption,
  examples: ['staithe build artifacts bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getBuild', 'getRun', 'listBuildArtifacts'],
  async run({ args, options }, { api }) {
    const run =
      options.run === undefined
        ? (await api.call('getBuild', { params: { build: args.build } })).latest_run
        : await api.call('getRun', { params: { run: options.run } });
    const found = await api.call('listBuildArtifacts', {
      params: { build: args.build },
      query: run === null ? {} : { run: run.id },
    });
    const first = found.items[0];
    return {
      json: found,
      text: first === undefined ? '' : table(found.items, artifactColumns),
      notes: [
        ...completeness(run, first === undefined),
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

const cancel = command({
  name: 'cancel',
  summary: 'Cancel the active run of a build',
  args,
  examples: ['staithe build cancel bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['cancelBuild'],
  async run({ args }, { api }) {
    const cancelled = await api.call('cancelBuild', { params: { build: args.build } });
    return { json: cancelled, text: runText(cancelled) };
  },
});

export const build: CommandGroup = {
  name: 'build',
  commands: [create, list, show, run, runs, logs, diagnose, artifacts, cancel],
};
