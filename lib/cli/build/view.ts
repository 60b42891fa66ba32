import { countsInWords } from '../../domain/execution/model/counts.ts';
import { cellName } from '../../domain/matrix.ts';
import { errorLines } from '../follow/run.ts';
import type { Artifact, BuildWithRun, Job, ListedBuild, Run } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import { age, bytes, moment, took } from '../terminal/format.ts';
import { bold, status } from '../terminal/style.ts';
import { type Column, fields, table } from '../terminal/table.ts';

/** How a run stands in a word; of one that took earlier artifacts, that it did. */
const standing = ({ latest_run: run }: ListedBuild): string =>
  run === null ? 'not run' : run.reused_from === undefined ? run.status : 'reused';

export const listedBuildColumns: readonly Column<ListedBuild>[] = [
  { title: 'id', value: (build) => build.id },
  { title: 'status', value: standing, style: status },
  { title: 'ref', value: (build) => build.git_ref?.replace(/^refs\/heads\//, '') },
  { title: 'commit', value: (build) => build.git_sha?.slice(0, 7) },
  { title: 'services', value: (build) => build.services?.join(', ') ?? 'all' },
  { title: 'trigger', value: (build) => build.trigger },
  { title: 'took', value: (build) => build.latest_run && took(build.latest_run) },
  { title: 'age', value: (build) => age(build.created_at) },
];

export const runColumns: readonly Column<Run>[] = [
  { title: 'id', value: (run) => run.id },
  { title: 'status', value: (run) => run.status, style: status },
  { title: 'progress', value: (run) => `${run.progress}%` },
  { title: 'stage', value: (run) => run.stage },
  { title: 'took', value: took },
  { title: 'created', value: (run) => moment(run.created_at) },
];

const jobColumns: readonly Column<Job>[] = [
  { title: 'job', value: (job) => job.name },
  { title: 'status', value: (job) => job.status, style: status },
  { title: 'progress', value: (job) => `${job.progress}%` },
  { title: 'stage', value: (job) => job.stage },
  { title: 'took', value: took },
  { title: 'machine', value: (job) => job.compute && `${job.compute.type} ${job.compute.architecture}` },
  { title: 'id', value: (job) => job.id },
];

export const artifactColumns: readonly Column<Artifact>[] = [
  { title: 'id', value: (artifact) => artifact.id },
  { title: 'job', value: (artifact) => artifact.service && cellName(artifact.service, artifact.matrix) },
  { title: 'name', value: (artifact) => artifact.name },
  { title: 'size', value: (artifact) => bytes(artifact.size_bytes ?? 0) },
  { title: 'status', value: (artifact) => artifact.status, style: status },
  // As git shows commits: enough of a digest to tell it from others; `artifact show` has it whole.
  { title: 'digest', value: (artifact) => artifact.digest?.slice(0, 'sha256:'.length + 12) },
];

/** Why it failed: the code, the message, the step, what it printed last, the hint. */
export function errorText(error: NonNullable<Run['error']>): string {
  const hint = error.hint === undefined ? [] : [`hint: ${clean(error.hint)}`];
  const lines = [clean(error.message), ...errorLines(error), ...hint].map((line) => `  ${line}`);
  return [bold(`error ${error.code}`), ...lines].join('\n');
}

/** What a run has left: of one that has not completed, what its completed jobs have. */
function artifactCount(run: Run, jobs: readonly Job[]): number {
  if (run.status === 'completed') return run.artifact_ids.length;
  const made = jobs.filter((job) => job.status === 'completed').flatMap((job) => job.artifact_ids);
  return run.kept_artifact_ids.length + made.length;
}

export function runText(run: Run, jobs: readonly Job[] = []): string {
  const parts = [
    fields([
      ['run', run.id],
      ['build', run.build_id],
      ['status', run.status, status],
      ['stage', `${run.stage} (${run.progress}%)`],
      ['took', took(run)],
      ['manifest', run.manifest_hash],
      ['reused from', run.reused_from],
      ['retry of', run.retry_of],
      ['superseded by', run.superseded_by],
      ['jobs', run.job_counts && countsInWords(run.job_counts)],
      ['artifacts', run.status === 'completed' || jobs.length > 0 ? artifactCount(run, jobs) : undefined],
      ['created', `${moment(run.created_at)} by ${run.created_by}`],
    ]),
  ];
  if (jobs.length > 0) parts.push(table(jobs, jobColumns));
  // A job's own error says more than the run's that repeats it. A job that was cancelled is no error; the run's tells why.
  const errors = jobs.flatMap(({ status, error }) =>
    status === 'failed' && error !== undefined ? [error] : [],
  );
  if (errors.length === 0 && run.error !== undefined) errors.push(run.error);
  return [...parts, ...errors.map(errorText)].join('\n\n');
}

export function buildText(
  { latest_run: run, ...build }: BuildWithRun,
  jobs: readonly Job[] = [],
  artifacts: readonly Artifact[] = [],
): string {
  const inputs = Object.entries(build.inputs).map(([name, value]) => `${name}=${value}`);
  const matrix = Object.entries(build.matrix ?? {}).map(([axis, values]) => `${axis}=${values.join(',')}`);
  const record = fields([
    ['build', build.id],
    ['project', build.project_id],
    ['source', build.source_id],
    ['git', [build.git_ref, build.git_sha].filter(Boolean).join(' ') || undefined],
    ['services', build.services?.join(', ') ?? 'all of the manifest'],
    ['matrix', matrix.sort().join(' ') || undefined],
    ['inputs', inputs.sort().join(', ') || undefined],
    ['features', build.features.join(', ') || undefined],
    ['trust', build.trust === 'fork' ? 'of a fork: no secrets, caches of its own' : undefined],
    ['created', `${moment(build.created_at)} by ${build.created_by}`],
  ]);
  const parts = [record, run === null ? 'not run yet' : runText(run, jobs)];
  if (artifacts.length > 0) parts.push(table(artifacts, artifactColumns));
  return parts.join('\n\n');
}
