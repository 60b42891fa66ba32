/** Printing errors: what failed, the fields, what to do next. */
import type { Failure, ProblemDocument } from '../failure/failure.ts';
import { asTyped } from '../paths/program.ts';
import { clean } from './clean.ts';
import { jsonText } from './json.ts';
import { noteBold, noteDim, noteRed } from './style.ts';

/** A problem for people. */
function lines(problem: ProblemDocument, extra: readonly string[], verbose: boolean): string[] {
  const [first = '', ...more] = asTyped(clean(problem.detail)).split('\n');
  return [
    `${noteRed('error:')} ${first}`,
    ...more.map((line) => `  ${line}`),
    ...(problem.fields ?? []).map(({ field, message }) => `  ${noteBold(clean(field))}: ${clean(message)}`),
    ...extra.map((line) => `  ${asTyped(line)}`),
    ...(verbose && problem.request_id ? [noteDim(`  Request ${problem.request_id} (${problem.code})`)] : []),
    `${noteBold('next:')} ${asTyped(clean(problem.remedy))}`,
  ];
}

/** Prints a failure on stderr. @returns its exit code */
export function report(failure: Failure, options: { json: boolean; verbose: boolean }): number {
  if (options.json) process.stderr.write(`${jsonText(failure.problem)}\n`);
  else
    for (const line of lines(failure.problem, failure.lines, options.verbose))
      process.stderr.write(`${clean(line, true)}\n`);
  if (process.env.STAITHE_DEBUG === '1') {
    const cause = failure.cause instanceof Error ? failure.cause : failure;
    process.stderr.write(`${clean(cause.stack ?? '')}\n`);
  }
  return failure.exitCode;
}
