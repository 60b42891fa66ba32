/**
 * The one family of expected failures. An error knows no HTTP; `lib/contract/problem.ts` turns a kind into a status.
 */
import { ERRORS, type ErrorCode, type ErrorKind } from './error-codes.ts';

/** One wrong field of a request: a path such as `services.0.name` and what is wrong with it. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** An expected failure. `message` says what happened with the names involved; `remedy` what to do next. */
export class StaitheError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly fields: readonly FieldProblem[];
  /** What the problem document has beside its own members (RFC 9457 section 3.2). */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      remedy?: string;
      fields?: readonly FieldProblem[];
      extensions?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.name = 'StaitheError';
    this.code = code;
    this.remedy = options.remedy ?? ERRORS[code].remedy;
    this.fields = options.fields ?? [];
    this.extensions = options.extensions ?? {};
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }
}

/** The answer to an unknown id and to one that the caller may not see: the two cannot be told apart. */
export function notFound(what: string, id: string): StaitheError {
  return new StaitheError('not_found', `There is no ${what} '${id}'.`);
}
