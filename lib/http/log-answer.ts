/** A page of a log in the form that the request asks for. */
import { asJsonLines, asText, styled } from '../domain/log/index.ts';
import type { Ansi, LogFormat, LogPage } from '../domain/log/schema.ts';
import { Written } from './written.ts';

/** What a JSON page says beside its lines is in headers of the other forms. */
export function logAnswer(
  page: LogPage,
  { format, ansi }: { format: LogFormat; ansi?: Ansi | undefined },
): LogPage | Written {
  const { items, next_cursor, complete } = styled(page, format, ansi);
  if (format === 'json') return { items, next_cursor, complete };
  const headers = { 'x-next-cursor': next_cursor, 'x-complete': String(complete) };
  return format === 'text'
    ? new Written('text/plain; charset=utf-8', asText(items), headers)
    : new Written('application/x-ndjson', asJsonLines(items), headers);
}
