/** A page of a log in the form that the request asks for. */
import type { FunctionLogPage } from '../domain/function-log/schema.ts';
import { asJsonLines, asText, styled } from '../domain/log/index.ts';
import type { Ansi, LogFormat, LogPage } from '../domain/log/schema.ts';
import { Written } from './written.ts';

interface Form {
  readonly format: LogFormat;
  readonly ansi?: Ansi | undefined;
}

/** Of a build or a job: also whether anything more will come, or why there is nothing. */
export function logAnswer(page: LogPage, form: Form): Written {
  return written(page, form, (line) => line.job, {
    'x-complete': String(page.complete),
    ...(page.absence !== undefined && { 'x-absence': page.absence.reason }),
  });
}

/** Of a deployed function. */
export function functionLogAnswer(page: FunctionLogPage, form: Form): Written {
  return written(page, form, (line) => line.version, {});
}

/**
 * What a JSON page says beside its lines is in headers of the other forms. All are written here: what floods makes
 * pages of thousands of lines, and to check each by the schema that it was made by would take most of the time.
 */
function written<Line extends { readonly timestamp: string; readonly message: string }>(
  page: { readonly items: readonly Line[]; readonly next_cursor: string },
  { format, ansi }: Form,
  printedBy: (line: Line) => string,
  more: Readonly<Record<string, string>>,
): Written {
  const { items, ...rest } = styled(page, format, ansi);
  if (format === 'json') return new Written('application/json', JSON.stringify({ items, ...rest }));
  const headers = { 'x-next-cursor': page.next_cursor, ...more };
  return format === 'text'
    ? new Written('text/plain; charset=utf-8', asText(items, printedBy), headers)
    : new Written('application/x-ndjson', asJsonLines(items), headers);
}
