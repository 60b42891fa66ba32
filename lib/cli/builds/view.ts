/** Builds, runs and artifacts as people read them. */
import { countsInWords } from '../../domain/execution/model/counts.ts';
import { cellName } from '../../domain/matrix.ts';
import type { Artifact, BuildWithRun, Job, Run } from '../api/resources.ts';
import { errorLines } from '../follow/run.ts';
import { clean } from '../terminal/clean.ts';
import { bytes, moment, took } from '../terminal/format.ts';
import { bold, status } from '../terminal/style.ts';
import { type Column, fields, table } from '../terminal/table.ts';

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
  // Abbreviated like git's commit ids; `artifact show` prints the whole digest.
  { title: 'digest', value: (artifact) => artifact.digest?.slice(0, 'sha256:'.length + 12) },
];

/** An error in full: code, message, step, last lines, hint. */
export function errorText(error: NonNullable<Run['error']>): string {
  const hint = error.hint === undefined ? [] : [`hint: ${clean(error.hint)}`];
  const lines = [clean(error.message), ...errorLines(error), ...hint].map((line) => `  ${line}`);
  return [bold(`error ${error.code}`), ...lines].join('\n');
}

/** The number of artifacts; for a run that has not completed, those of its completed jobs. */
function artifactCount(run: Run, jobs: readonly Job[]): number {
  if (run.status === 'completed') return run.artifact_ids.length;
  const produced = jobs.filter((job) => job.status === 'completed').flatMap((job) => job.artifact_ids);
  return run.kept_artifact_ids.length + produced.length;
}

export function runText(run: Run, jobs: readonly Job[] = []): string {
  const parts = [
    fields([
      ['run', run.id],
      ['build', run.build_id],
      ['deployment', run.deployment_id],
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
  // The error of a job has more detail than the run's copy of it. A cancelled job has no cause of its own; the run has it.
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
    ['services', build.services?.join(', ') ?? 'all'],
    ['matrix', matrix.sort().join(' ') || undefined],
    ['inputs', inputs.sort().join(', ') || undefined],
    ['features', build.features.join(', ') || undefined],
    ['trust', build.trust === 'fork' ? 'fork: no secrets, separate caches' : undefined],
    ['created', `${moment(build.created_at)} by ${build.created_by}`],
  ]);
  const parts = [record, run === null ? 'No run.' : runText(run, jobs)];
  if (artifacts.length > 0) parts.push(table(artifacts, artifactColumns));
  return parts.join('\n\n');
}
