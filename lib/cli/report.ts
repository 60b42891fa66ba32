/** Errors in one voice: what happened, the fields, what to try next. */
import type { Connection } from './connection/find.ts';
import { EXIT, exitCodeOfStatus } from './exit-codes.ts';
import { Failure, type ProblemDocument } from './failure.ts';
import { asTyped } from './installation/program.ts';
import { isSystemError, systemFailure } from './system-error.ts';
import { clean } from './terminal/clean.ts';
import { jsonText } from './terminal/json.ts';
import { noteBold, noteDim, noteRed } from './terminal/style.ts';
import { unreachableFailure } from './unreachable.ts';

/** Whatever was thrown, as a failure. The contract is loaded by now when it was the API that failed. */
export async function failureOf(error: unknown, connection: Connection | undefined): Promise<Failure> {
  if (error instanceof Failure) return error;
  const { ApiError, UnreachableError } = await import('../contract/client.ts');
  if (error instanceof ApiError)
    return new Failure(exitCodeOfStatus(error.problem.status), error.problem, { cause: error });
  if (error instanceof UnreachableError) return unreachableFailure(error.url, error.cause, connection);
  if (isSystemError(error)) return systemFailure(error);
  return new Failure(
    EXIT.unexpected,
    {
      code: 'internal',
      detail: error instanceof Error ? error.message : String(error),
      remedy: 'Try again with STAITHE_DEBUG=1 and report what it prints.',
    },
    { cause: error },
  );
}

/** The problem as people read it. */
function lines(problem: ProblemDocument, extra: readonly string[], verbose: boolean): string[] {
  const [first = '', ...more] = asTyped(clean(problem.detail)).split('\n');
  return [
    `${noteRed('error:')} ${first}`,
    ...more.map((line) => `  ${line}`),
    ...(problem.fields ?? []).map(({ field, message }) => `  ${noteBold(clean(field))}: ${clean(message)}`),
    ...extra.map((line) => `  ${asTyped(line)}`),
    ...(verbose && problem.request_id ? [noteDim(`  request ${problem.request_id} (${problem.code})`)] : []),
    `${noteBold('next:')} ${asTyped(clean(problem.remedy))}`,
  ];
}

/** Says it on stderr and gives the exit code. */
export function report(failure: Failure, how: { json: boolean; verbose: boolean }): number {
  if (how.json) process.stderr.write(`${jsonText(failure.problem)}\n`);
  else
    for (const line of lines(failure.problem, failure.lines, how.verbose))
      process.stderr.write(`${clean(line, true)}\n`);
  if (process.env.STAITHE_DEBUG === '1') {
    const cause = failure.cause instanceof Error ? failure.cause : failure;
    process.stderr.write(`${clean(cause.stack ?? '')}\n`);
  }
  return failure.exitCode;
}
