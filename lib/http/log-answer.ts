/** A page of a log in the form that the request asks for. */
import { asJsonLines, asText, styled } from '../domain/log/index.ts';
import type { Ansi, LogFormat, LogPage } from '../domain/log/schema.ts';
import { Written } from './written.ts';

/**
 * What a JSON page says beside its lines is in headers of the other forms. All are written here: a job that floods makes
 * pages of thousands of lines, and to check each by the schema that it was made by would take most of the time.
 */
export function logAnswer(
  page: LogPage,
  { format, ansi }: { format: LogFormat; ansi?: Ansi | undefined },
): Written {
  const { items, next_cursor, complete, absence } = styled(page, format, ansi);
  if (format === 'json')
    return new Written('application/json', JSON.stringify({ items, next_cursor, complete, absence }));
  const headers = {
    'x-next-cursor': next_cursor,
    'x-complete': String(complete),
    ...(absence !== undefined && { 'x-absence': absence.reason }),
  };
  return format === 'text'
    ? new Written('text/plain; charset=utf-8', asText(items), headers)
    : new Written('application/x-ndjson', asJsonLines(items), headers);
}
