/** What counts as an answer of what is deployed and well. */
import * as z from 'zod';
import type { Response } from '../ports/probe.ts';
import { cut, line } from '../text.ts';

/** More than any start takes that users would wait for; a question is given up after 10 s. */
const MAX_MILLISECONDS = 10_000;

/** A redirect is no such answer: that to a sign-in page is what an application gives that knows no one. */
export const Health = z.object({
  /** Statuses that are right, in place of 200 to 299. */
  health_status: z.array(z.int().min(100).max(599)).max(20).default([]),
  /** Whether redirects to the same host are followed, at most five. */
  health_follow: z.boolean().default(false),
  /** Text that the body must contain, within its first 64 KB. */
  health_body: line(500).optional(),
  /** Headers that the response must have, with just these values. */
  health_headers: z
    .record(
      z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header in lower case'),
      z.string().max(500),
    )
    .refine((headers) => Object.keys(headers).length <= 20, 'must have at most 20 headers')
    .default({})
    .meta({ examples: [{ 'content-type': 'text/html; charset=utf-8' }] }),
  /** Milliseconds within which the whole response must be there. */
  health_max_ms: z.int().min(1).max(MAX_MILLISECONDS).optional(),
});
export type Health = z.infer<typeof Health>;

/** What is wrong with a response, after `… `: `answered 502; a status from 200 to 299 was expected`. */
export function flawIn(
  health: Health,
  { status, location, headers, body, milliseconds }: Response,
): string | undefined {
  const { health_status: right, health_body: text, health_headers: wanted, health_max_ms: most } = health;
  if (right.length === 0 ? status < 200 || status > 299 : !right.includes(status)) {
    const expected = right.length === 0 ? 'a status from 200 to 299' : right.join(' or ');
    const where = location === undefined ? '' : ` (to ${cut(location, 200)})`;
    return `answered ${status}${where}; ${expected} was expected`;
  }
  for (const [name, value] of Object.entries(wanted))
    if (headers[name] !== value)
      return `answered with ${name} ${headers[name] === undefined ? 'missing' : `'${cut(headers[name], 200)}'`}; '${value}' was expected`;
  if (text !== undefined && !body.includes(text)) return `answered without '${text}' in its first 64 KB`;
  if (most !== undefined && milliseconds > most)
    return `answered after ${Math.round(milliseconds)} ms; ${most} ms were allowed`;
  return undefined;
}
