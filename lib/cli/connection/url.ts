/** What may be the URL of an API. */
import { usageFailure } from '../failure.ts';

/** Whether the URL leads to this machine. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The URL without trailing slashes.
 * @param from where it was given, for the error
 * @throws Failure usage, when it is no http(s) URL or has a user, a query or a fragment in it
 */
export function apiRoot(given: string, from: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  )
    throw usageFailure(
      `${from} is not the URL of an API: '${given}'.`,
      'Give it as https://host or http://127.0.0.1:port.',
    );
  return url.href.replace(/\/+$/, '');
}
