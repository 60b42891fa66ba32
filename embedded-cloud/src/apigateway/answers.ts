/** Answers that an HTTP API gives itself, and what is noted for its access log on the way to one. */
import type { HttpAnswer } from '../lambda/http-listener.ts';

/** What is noted for the access log on the way. */
export type Notes = Record<string, string | number | undefined>;

export function failed(
  notes: Notes,
  status: number,
  text: string,
  reason: string,
  retryAfter?: number,
): HttpAnswer {
  notes.integrationErrorMessage = reason;
  notes['integration.error'] = reason;
  return message(status, text, retryAfter);
}

/** Nothing has run, and the same request may well pass in a second. AWS's answer has no Retry-After; ours says it. */
export const busy = (notes: Notes, reason: string): HttpAnswer =>
  failed(notes, 503, 'Service Unavailable', reason, 1);

export function message(status: number, text: string, retryAfter?: number): HttpAnswer {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  };
  return { status, headers, body: JSON.stringify({ message: text }) };
}
