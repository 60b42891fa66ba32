/** What the jobs of a run may take: all of them are in one answer, with why they failed. Pure. */
import { ANSWER_MAX_BYTES, wireBytes } from '../../answer.ts';
import { Job } from './job.ts';
import { PlanFailure } from './plan-failure.ts';
import type { Failure } from './run.ts';

/** Half of an answer for what jobs are, as each carries the commands of its service; the other half for what becomes of them. */
const SPECS_MAX_BYTES = ANSWER_MAX_BYTES / 2;

/** 5,120: what 256 jobs of 20 artifacts leave. Kept twice in a run's item, of 31 bytes each, they are 317 of its 400 KB. */
export const MAX_ARTIFACTS = 5120;

/** @throws PlanFailure manifest_error */
export function assertAnswerable(jobs: readonly Job[]): void {
  const bytes = jobs.reduce((sum, job) => sum + wireBytes(Job.parse(job)), 0);
  if (bytes <= SPECS_MAX_BYTES) return;
  throw new PlanFailure({
    code: 'manifest_error',
    message: `The ${jobs.length} jobs of this run have ${megabytes(bytes)} of commands and variables in all; a run may have ${megabytes(SPECS_MAX_BYTES)}, as each job carries those of its service.`,
    hint: 'Move long commands into scripts in the source, or build fewer services at once (--service, --matrix).',
  });
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Jobs as one answer can hold them: when they do not fit, their errors are told in brief. */
export function answerable<J extends Job>(jobs: readonly J[]): J[] {
  if (jobs.reduce((sum, job) => sum + wireBytes(job), 0) <= SPECS_MAX_BYTES + ERRORS_MAX_BYTES)
    return [...jobs];
  return jobs.map((job) => (job.error === undefined ? job : { ...job, error: brief(job.error) }));
}

const ERRORS_MAX_BYTES = 1024 * 1024;

/** 300 characters in all: of 256 jobs, each character seven bytes at worst, half a megabyte. */
function brief({ last_lines: _, stage: __, ...error }: Failure): Failure {
  const cut = (text: string, length: number) =>
    text.length > length ? `${text.slice(0, length - 1)}…` : text;
  return {
    ...error,
    message: cut(error.message, 150),
    ...(error.hint !== undefined && { hint: cut(error.hint, 75) }),
    ...(error.step !== undefined && { step: cut(error.step, 75) }),
  };
}
