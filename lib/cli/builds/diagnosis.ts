/** A diagnosis as people read it. The reason comes last: it is next to the prompt when the command has ended. */

import type { Diagnosis, LogLine } from '../api/resources.ts';
import { logFormatter } from '../follow/line.ts';
import { asTyped } from '../paths/program.ts';
import { clean } from '../terminal/clean.ts';
import { moment, took } from '../terminal/format.ts';
import { bad, bold, dim, status } from '../terminal/style.ts';
import { type Column, fields, table } from '../terminal/table.ts';
import { artifactColumns } from './view.ts';

type Run = Diagnosis['runs'][number];
type Job = Diagnosis['jobs'][number];

const runColumns = (shown: string | undefined): readonly Column<Run>[] => [
  { title: 'run', value: (run) => `${run.id}${run.id === shown ? ' *' : ''}` },
  { title: 'status', value: (run) => run.status, style: status },
  { title: 'error', value: (run) => run.error?.code },
  { title: 'took', value: took },
  { title: 'created', value: (run) => moment(run.created_at) },
  { title: 'by', value: (run) => run.created_by },
];

const jobColumns: readonly Column<Job>[] = [
  { title: 'job', value: (job) => job.name },
  { title: 'status', value: (job) => job.status, style: status },
  { title: 'error', value: (job) => job.error?.code },
  { title: 'stage', value: (job) => job.stage },
  { title: 'took', value: took },
  { title: 'attempt', value: (job) => job.attempt },
  { title: 'id', value: (job) => job.id },
];

export function diagnosisText(diagnosis: Diagnosis): string {
  const { run, runs, jobs, artifacts } = diagnosis;
  const sections = [
    ['Build', buildFields(diagnosis)],
    ['Runs', runs.length > 0 && table(runs, runColumns(run?.id))],
    ['Jobs', jobs.length > 0 && table(jobs, jobColumns)],
    ['Artifacts', artifacts.length > 0 && table(artifacts, artifactColumns)],
    ['Log', logText(diagnosis)],
    ['Reason', reasonText(diagnosis)],
    ['Next', asTyped(diagnosis.next.map((command) => clean(command)).join('\n'))],
  ] as const;
  return sections
    .flatMap(([title, text]) => (text ? [`${bold(title)}\n${indented(text)}`] : []))
    .join('\n\n');
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');

function buildFields({ build, run }: Diagnosis): string {
  const listed = (record: Readonly<Record<string, unknown>>) =>
    Object.entries(record)
      .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
      .join(' ') || undefined;
  return fields([
    ['build', build.id],
    ['project', build.project_id],
    ['source', build.source_id],
    ['git', [build.git_ref, build.git_sha].filter(Boolean).join(' ') || undefined],
    ['manifest', run?.manifest_hash ?? build.manifest_hash],
    ['services', build.services?.join(', ') ?? 'all'],
    ['matrix', build.matrix && listed(build.matrix)],
    ['features', build.features.join(', ') || undefined],
    ['inputs', listed(build.inputs)],
    ['created', `${moment(build.created_at)} by ${build.created_by}`],
  ]);
}

function logText({ log, failure, jobs }: Diagnosis): string | undefined {
  if (log.length > 0) {
    const format = logFormatter((line: LogLine) => line.job, jobs.length, process.stdout);
    return log.map(format).join('\n');
  }
  // The log may have expired; the failure stores its last lines.
  return failure?.last_lines?.map((line) => dim(`| ${clean(line)}`)).join('\n');
}

function reasonText({ run, failure }: Diagnosis): string {
  if (run === null) return 'The build has no run.';
  if (failure === null)
    return run.status === 'completed'
      ? 'No failure: the run completed.'
      : `No failure: the run is ${run.status} (${clean(run.stage)}).`;
  const end = failure.exit_code === undefined ? failure.signal : `exit code ${failure.exit_code}`;
  return fields([
    ['error', failure.code, bad],
    ['message', failure.message],
    ['job', failure.job ?? failure.service],
    ['step', failure.step],
    ['stage', failure.stage],
    ['ended by', end],
    ['hint', asTyped(failure.hint), bold],
  ]);
}
