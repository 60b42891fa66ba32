/** An expected error of a command: what failed, what to do next, and the exit code. */
import { EXIT } from './exit-codes.ts';

/** The problem document of the API, so that local errors and those of the server look the same. */
export interface ProblemDocument {
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
  readonly fields?: readonly { readonly field: string; readonly message: string }[] | undefined;
  readonly request_id?: string;
  readonly status?: number;
}

export class Failure extends Error {
  readonly exitCode: number;
  readonly problem: ProblemDocument;
  /** Lines printed below the error, indented: e.g. the last lines of a failed step. */
  readonly lines: readonly string[];

  constructor(
    exitCode: number,
    problem: ProblemDocument,
    options: { cause?: unknown; lines?: readonly string[] } = {},
  ) {
    super(problem.detail, { cause: options.cause });
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.problem = problem;
    this.lines = options.lines ?? [];
  }
}

/** An invalid command or value. `next` is a command to try, or what to change. */
export function usageFailure(detail: string, next: string, fields?: ProblemDocument['fields']): Failure {
  return new Failure(EXIT.usage, { code: 'usage', detail, remedy: next, ...(fields && { fields }) });
}
