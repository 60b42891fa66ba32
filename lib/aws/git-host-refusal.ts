/** What an answer without an archive means: whether, and when, a later try may help, and what somebody can do. */
import { GitHostError } from '../domain/ports/git-host.ts';

/** Secondary limits of GitHub come without a time; its docs ask for a minute then ("Rate limits for the REST API"). */
const UNNAMED_WAIT_SECONDS = 60;

/** @param now milliseconds since the epoch @returns undefined when the answer may be an archive */
export function refusalOf(url: string, response: Response, now: number): GitHostError | undefined {
  const { status, headers } = response;
  if (response.ok) {
    const type = headers.get('content-type') ?? '';
    if (!/^text\/|json/.test(type)) return undefined;
    return new GitHostError(`${url} answered with ${type.split(';')[0]} in place of an archive.`, {
      advice:
        "Is there a proxy or a sign-in page before the git host? The stack's parameter GitHostUrl must be its API.",
    });
  }
  const said = `${url} answered ${status}`;
  const wait = waitOf(status, headers, now);
  if (wait !== undefined)
    // What becomes of it is said by who waits, or waits no longer.
    return new GitHostError(
      status === 503
        ? `${said}: it is not available, and asks to wait for ${wait} s.`
        : `${said}: its rate limit is reached for ${wait} s.`,
      { temporary: true, retryAfterSeconds: wait },
    );
  if (status >= 500)
    return new GitHostError(`${said}.`, {
      temporary: true,
      advice: "Look at the git host's status page, then redeliver the push.",
    });
  return new GitHostError(`${said}.`, {
    advice: ADVICE[status] ?? 'Check this address at the git host.',
  });
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'Archives are fetched without credentials: the repository must be public.',
  403: 'Archives are fetched without credentials: the repository must be public, and its owner must not allow certain addresses only.',
  404: 'The repository is private, was renamed or deleted, or the commit is gone after a forced push.',
  451: 'The git host has taken the repository down for legal reasons.',
};

/**
 * How long the host asks to wait; undefined when it names no time. 403 and 429 are GitHub's rate limits; a 403 without one
 * of their headers is a refusal of another kind. A 503 with a time is a host that is down for a while (RFC 9110, 15.6.4).
 */
function waitOf(status: number, headers: Headers, now: number): number | undefined {
  if (status !== 403 && status !== 429 && status !== 503) return undefined;
  const after = headers.get('retry-after');
  if (after !== null) return secondsUntil(after, now) ?? UNNAMED_WAIT_SECONDS;
  if (status === 503) return undefined;
  const reset = headers.get('x-ratelimit-reset');
  if (headers.get('x-ratelimit-remaining') === '0' && reset !== null && /^\d{1,12}$/.test(reset))
    return Math.max(1, Math.ceil(Number(reset) - now / 1000));
  return status === 429 ? UNNAMED_WAIT_SECONDS : undefined;
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function secondsUntil(text: string, now: number): number | undefined {
  if (/^\d{1,6}$/.test(text)) return Math.max(1, Number(text));
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(1, Math.ceil((date - now) / 1000));
}
