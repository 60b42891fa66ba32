/** What the last lines of a function say of why it does not answer, and what to do about it. */

interface Cause {
  /** Of a line, in the words of Lambda's runtimes. */
  readonly says: RegExp;
  /** What happened, in a sentence without a full stop. */
  readonly what: (match: RegExpExecArray) => string;
  readonly remedy: (options: string) => string;
}

const named = (match: RegExpExecArray): string => match.slice(1).find((group) => group !== undefined) ?? '';
const set = (environment: string, option: string): string =>
  `staithe environment set ${environment} ${option}`;

/** In the order in which they count: of a time-out at the start, the start is the cause. */
const CAUSES: readonly Cause[] = [
  {
    // Python: "Unable to import module 'app': No module named 'requests'".
    says: /(?:Cannot find (?:module|package) \\?['"]([^'"\\]+)|No module named \\?['"]([^'"\\]+))/,
    what: (match) =>
      `The function's code needs the module '${named(match)}', which the artifact does not have`,
    remedy: (options) =>
      `Add it to the service's artifacts in staithe.yaml, or bundle it. If it is the file of the handler, correct the handler: ${set(options, '--handler <file>.<function>')}.`,
  },
  {
    says: /Runtime\.HandlerNotFound.*?([\w./-]+ is (?:undefined or not exported|not a function))|Handler '([^']+)' missing on module/,
    what: (match) => `The module does not export the handler: ${named(match)}`,
    remedy: (options) =>
      `Export it under this name, or correct the handler: ${set(options, '--handler <file>.<function>')}.`,
  },
  {
    says: /Runtime\.MalformedHandlerName|Bad handler/,
    what: () => 'The handler is not in a format that the runtime accepts',
    remedy: (options) => `Set the handler: ${set(options, '--handler <file>.<function>')}.`,
  },
  {
    says: /Runtime\.UserCodeSyntaxError|\bSyntaxError\b/,
    what: () => "The function's code has a syntax error",
    remedy: () =>
      'Correct the line that the log names; an ES module needs the ending .mjs, or "type": "module".',
  },
  {
    says: /Task timed out after ([\d.]+) seconds|\bStatus: timeout\b|"status":"timeout"/,
    what: (match) =>
      match[1] === undefined
        ? 'The function did not start in the time that it has'
        : `The function took longer than its limit of ${Number(match[1])} seconds`,
    remedy: (options) =>
      `Find out what it waits for, or increase the timeout: ${set(options, '--timeout <seconds>')}.`,
  },
  {
    says: /signal: killed|Runtime\.OutOfMemory|heap out of memory|OutOfMemoryError/,
    what: () => 'The function was killed, most likely because it ran out of memory',
    remedy: (options) => `Increase the memory: ${set(options, '--memory <MB>')}.`,
  },
  {
    says: /Runtime exited with error: exit status (\d+)|Runtime exited without providing a reason/,
    what: (match) =>
      `The function's process ended by itself${match[1] === undefined ? '' : ` with exit status ${match[1]}`}`,
    remedy: () => 'Let the handler return or throw instead of ending the process.',
  },
  {
    // Python: "[ERROR] TypeError: …".
    says: /(?:Uncaught Exception|Invoke Error|Unhandled Promise Rejection): (\S.*)$|^\[ERROR\] (\w[\w.]*: .*)$/,
    what: (match) => `The function failed with ${named(match).replace(/\.+$/, '')}`,
    remedy: () => 'Correct the code where its log points.',
  },
];

/** @returns undefined when the lines name no cause that is known */
export function causeOf(
  lines: readonly string[],
  options: string,
): { readonly message: string; readonly remedy: string } | undefined {
  for (const { says, what, remedy } of CAUSES)
    for (const line of lines.toReversed()) {
      const match = says.exec(line);
      if (match !== null) return { message: `${what(match)}.`, remedy: remedy(options) };
    }
  return undefined;
}
