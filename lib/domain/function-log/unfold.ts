/** Errors that Lambda's Node.js runtime prints as one line of JSON, as people read them. */
import * as z from 'zod';

/** `<time> <request> ERROR Uncaught Exception {"errorType": …}`, with tabs between. */
const PRINTED =
  /^(\S+Z)\s+\S+\s+ERROR\s+(Uncaught Exception|Invoke Error|Unhandled Promise Rejection)\s+(\{.*\})\s*$/s;

const Printed = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  stack: z.array(z.string()).default([]),
});

/** The error's type and message in the first line, its stack below; what is no such error stays as it is. */
export function unfolded(message: string): string {
  const [, time, kind, json] = PRINTED.exec(message) ?? [];
  if (json === undefined) return message;
  try {
    const error = Printed.safeParse(JSON.parse(json)).data;
    if (error === undefined) return message;
    const frames = error.stack.filter((line) => /^\s+at /.test(line));
    return [`${time} ${kind}: ${error.errorType}: ${error.errorMessage}`, ...frames].join('\n');
  } catch {
    return message; // cut off within its JSON
  }
}
