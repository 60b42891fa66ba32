/** URLs of an API. */
import { isLoopback } from '../../domain/loopback.ts';
import { usageFailure } from '../failure/failure.ts';

/** Whether the host of the URL is this machine. */
export const isLocal = (url: string): boolean => isLoopback(new URL(url).hostname);

/**
 * The URL without trailing slashes.
 * @param from the option or variable, for the error
 * @throws Failure usage: not an http(s) URL, or one with a user, a query or a fragment
 */
export function apiRoot(input: string, from: string): string {
  const url = URL.canParse(input) ? new URL(input) : null;
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  )
    throw usageFailure(
      `${from} is not a valid server URL: '${input}'.`,
      'Use a URL such as https://host or http://127.0.0.1:port.',
    );
  return url.href.replace(/\/+$/, '');
}
