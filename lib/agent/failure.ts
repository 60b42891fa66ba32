/** How a job fails: one error type that carries what is reported, and what other errors mean. */
import { relative } from 'node:path';
import { ArchiveError, quoted, systemCodeOf } from '../archive/error.ts';
import { classify } from '../domain/diagnosis/classify.ts';
import type { Facts } from '../domain/diagnosis/facts.ts';
import type { Phase } from '../domain/diagnosis/phase.ts';
import type { ReportResult } from '../domain/execution/model/job.ts';

export type ReportedFailure = Extract<ReportResult, { status: 'failed' }>['error'];

/** The job has failed, and this is what the run will say. */
export class JobFailure extends Error {
  readonly failure: ReportedFailure;
  constructor(failure: ReportedFailure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'JobFailure';
    this.failure = failure;
  }
}

/** Somebody has stopped the job: the API, as the run was cancelled, or the backend. Nothing is left to report. */
export class JobStopped extends Error {
  readonly by: 'api' | 'backend';
  constructor(by: 'api' | 'backend') {
    super(by === 'api' ? 'The run was cancelled.' : 'The backend ends this job.');
    this.name = 'JobStopped';
    this.by = by;
  }
}

/** Maps whatever went wrong in a phase outside the commands to what is reported. */
export function failureOf(error: unknown, step: string): ReportedFailure {
  if (error instanceof JobFailure) return fitting(error.failure);
  if (systemCodeOf(error) === 'ENOSPC') {
    const { code, hint } = classify({ phase: 'agent', disk_full: true, last_lines: [] });
    return { code, message: `The disk of the build became full during '${step}'.`, hint, step };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal_error',
    message: `The agent failed during '${step}': ${message}`.slice(0, 4000),
    hint: 'Rerun the build. If it fails in the same way, report it with the log.',
    step,
  };
}

/** Names of files and globs can be long: what is reported keeps to the contract's lengths (domain/execution/model/run.ts). */
function fitting(failure: ReportedFailure): ReportedFailure {
  return {
    ...failure,
    message: failure.message.slice(0, 4000),
    ...(failure.hint !== undefined && { hint: failure.hint.slice(0, 2000) }),
    ...(failure.stage !== undefined && { stage: failure.stage.slice(0, 1000) }),
  };
}

/** An archive of the source that was refused: the user has to send another. */
export function sourceFailure(error: ArchiveError): ReportedFailure {
  return {
    code: 'source_error',
    message: `The source cannot be unpacked. ${error.message}`,
    hint: 'Correct the source and upload it again; .staitheignore excludes files.',
    step: 'unpack',
  };
}

/** Errors of the system on files that the build has left, in words. */
const LEFT_SO: Readonly<Record<string, string>> = {
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: operation not permitted',
  ENOENT: 'no longer exists',
  ENOTDIR: 'no longer exists',
  ELOOP: 'is part of a link cycle',
  ENAMETOOLONG: 'has a name that is too long',
};

/**
 * What it means that artifacts could not be packed: the build has left what cannot be kept.
 * @param folder that the artifacts were looked for in
 * @returns a JobFailure that names the file; other errors as they are
 */
export function artifactFailure(error: unknown, folder: string): unknown {
  const reason = error instanceof ArchiveError ? error.message : leftoverIn(error, folder);
  if (reason === undefined) return error;
  return new JobFailure(
    {
      code: 'build_error',
      message: `The artifact cannot be packed. ${reason}`,
      hint: "Change the files that the build writes, or the service's artifacts in staithe.yaml.",
      step: 'pack',
    },
    { cause: error },
  );
}

/** A full disk is no fault of a file. */
function leftoverIn(error: unknown, folder: string): string | undefined {
  if (!(error instanceof Error) || !('path' in error) || systemCodeOf(error) === 'ENOSPC') return undefined;
  const path = String(error.path);
  if (!path.startsWith(folder)) return undefined;
  return `${quoted(relative(folder, path) || '.')} ${LEFT_SO[systemCodeOf(error)] ?? `cannot be read: ${error.message}`}.`;
}

export function timeoutFailure(
  seconds: number,
  timeOf: Facts['time_of'],
  step: string,
  lastLines: readonly string[],
): ReportedFailure {
  const facts = {
    phase: 'command',
    timed_out_after: seconds,
    time_of: timeOf,
    command: step,
    last_lines: lastLines,
  } as const;
  const { code, message, hint } = classify(facts);
  return { code, message, hint, step, last_lines: [...lastLines] };
}

export interface CommandEnd {
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What is reported: at most 30 lines. */
  readonly lastLines: readonly string[];
  /** What is read to find out why: tools say the cause long before their last line (`npm ci` prints its help after it). */
  readonly output: readonly string[];
  /** The kernel counted a kill for want of memory meanwhile. */
  readonly outOfMemory: boolean;
  readonly diskFull: boolean;
}

/** What a command that did not end well means. @param phase `image` and `push` for a builder's commands */
export function commandFailure(end: CommandEnd, phase: Phase = 'command'): ReportedFailure {
  const ended = {
    ...(end.exitCode !== null && { exit_code: end.exitCode }),
    ...(end.signal !== null && { signal: end.signal }),
  };
  const diagnosis = classify({
    ...ended,
    phase,
    command: end.command,
    out_of_memory: end.outOfMemory,
    disk_full: end.diskFull,
    last_lines: end.output,
  });
  return fitting({ ...diagnosis, ...ended, step: end.command, last_lines: [...end.lastLines] });
}

export function shortened(step: string): string {
  const line = step.split('\n', 1)[0] ?? '';
  return line.length > 80 || line !== step ? `${line.slice(0, 80)}…` : line;
}
