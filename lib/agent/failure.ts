/** How a job fails: one error type that carries what is reported, and what other errors mean. */
import type { ArchiveError } from '../archive/error.ts';
import type { ReportResult } from '../domain/job/schema.ts';

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

const NO_SPACE = {
  code: 'resource_error',
  message: 'The disk of the build is full.',
  hint: 'Let the build write less (caches, intermediate files), or leave large files out of the source.',
} as const;

/** Maps whatever went wrong in a phase outside the commands to what is reported. */
export function failureOf(error: unknown, step: string): ReportedFailure {
  if (error instanceof JobFailure) return fitting(error.failure);
  if (codeOf(error) === 'ENOSPC') return { ...NO_SPACE, step };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal_error',
    message: `The agent failed while it was at '${step}': ${message}`.slice(0, 4000),
    hint: 'Start the run again. If it fails in the same way, report it with the log.',
    step,
  };
}

/** Names of files and globs can be long: what is reported keeps to the contract's lengths (domain/run/schema.ts). */
function fitting(failure: ReportedFailure): ReportedFailure {
  return {
    ...failure,
    message: failure.message.slice(0, 4000),
    ...(failure.hint !== undefined && { hint: failure.hint.slice(0, 2000) }),
  };
}

/** An archive of the source that was refused: the user has to send another. */
export function sourceFailure(error: ArchiveError): ReportedFailure {
  return {
    code: 'source_error',
    message: `The source cannot be unpacked. ${error.message}`,
    hint: 'Correct the tree and upload it again; .staitheignore leaves files out.',
    step: 'unpack',
  };
}

export function artifactFailure(error: ArchiveError): ReportedFailure {
  return {
    code: 'build_error',
    message: `The artifact cannot be packed. ${error.message}`,
    hint: "Change what the build leaves behind, or the service's artifacts in staithe.yaml.",
    step: 'pack',
  };
}

export function timeoutFailure(seconds: number, step: string, lastLines: readonly string[]): ReportedFailure {
  return {
    code: 'timeout_error',
    message: `The job was stopped after ${seconds} seconds, while it was at '${shortened(step)}'.`,
    hint: "Make the step faster, or raise the service's timeout in staithe.yaml.",
    step,
    last_lines: [...lastLines],
  };
}

/** Signs of full disks and spent memory in what programs print. */
const SPACE_SIGNS = /No space left on device|ENOSPC/;
const MEMORY_SIGNS = /out of memory|ENOMEM|Cannot allocate memory|heap limit|OutOfMemoryError|^Killed$/im;

export interface CommandEnd {
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly lastLines: readonly string[];
  /** The kernel counted a kill for want of memory meanwhile. */
  readonly outOfMemory: boolean;
}

/** What a command that did not end well means. */
export function commandFailure(end: CommandEnd): ReportedFailure {
  const output = end.lastLines.join('\n');
  // A shell says 128 + n for a child that signal n ended (POSIX.1-2017, 2.8.2): 137 is SIGKILL, 134 SIGABRT.
  const killed = end.signal === 'SIGKILL' || end.exitCode === 137;
  const aborted = end.signal === 'SIGABRT' || end.exitCode === 134;
  const how = end.signal === null ? `ended with exit code ${end.exitCode}` : `was ended by ${end.signal}`;
  const common = {
    step: end.command,
    ...(end.exitCode !== null && { exit_code: end.exitCode }),
    ...(end.signal !== null && { signal: end.signal }),
    last_lines: [...end.lastLines],
  };
  if ((killed && end.outOfMemory) || ((killed || aborted) && MEMORY_SIGNS.test(output)))
    return {
      ...common,
      code: 'resource_error',
      message: `'${shortened(end.command)}' ran out of memory (it ${how}).`,
      hint: 'Let the build use less memory: fewer parallel workers, a lower heap limit.',
    };
  if (SPACE_SIGNS.test(output)) return { ...common, ...NO_SPACE };
  return {
    ...common,
    code: 'build_error',
    message: `'${shortened(end.command)}' ${how}.`,
    hint: hintFor(end.exitCode, killed, output),
  };
}

function hintFor(exitCode: number | null, killed: boolean, output: string): string {
  // POSIX.1-2017, 2.8.2: 127 is a command not found, 126 one that cannot be run.
  if (exitCode === 127)
    return 'A program was not found. Install it in an earlier command, or check its spelling.';
  if (exitCode === 126) return 'A file is not executable. Run it through its interpreter, or chmod +x it.';
  if (killed) return 'Something killed it: often the kernel, for want of memory.';
  if (/EAI_AGAIN|ENOTFOUND|Could not resolve host|Temporary failure in name resolution/.test(output))
    return 'A host could not be found: check the name, and whether the build may reach it.';
  return 'Read the last lines above it; running the same command in a clean checkout usually shows the same.';
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function shortened(step: string): string {
  const line = step.split('\n', 1)[0] ?? '';
  return line.length > 80 || line !== step ? `${line.slice(0, 80)}…` : line;
}
