/** Asks a deployed function's URL, over HTTP as a user would. */
import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from '../contract/retry.ts';
import type { Probe } from '../domain/ports/index.ts';

/** Five tries within about 3 s for a function that answers with an error: it may only be starting. */
const TRIES = 5;
/** A new URL's name and permission take longer to be known everywhere: until then it is not found, or a 403. */
const NEW_URL_MS = 40_000;
const pauseAfter = backoff(200, 5_000);
/** As many as lead from `/` to a page, by way of a language and a slash. */
const MAX_REDIRECTS = 5;
/** Longer than most cold starts; a function that needs more fails its first users too. */
const TIMEOUT_MS = 10_000;

export const httpProbe: Probe = {
  async get(url, { healthy, follow }) {
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const answer = await once(url, follow ? MAX_REDIRECTS : 0);
      // Where it leads to elsewhere, it does so for good.
      if ('status' in answer && (healthy(answer.status) || answer.location !== undefined)) return answer;
      const unknown =
        'failure' in answer ? /ENOTFOUND|EAI_AGAIN/.test(answer.failure) : answer.status === 403;
      if (unknown ? performance.now() - began > NEW_URL_MS : attempt >= TRIES) return answer;
      await delay(pauseAfter(attempt));
    }
  },
};

type Answer = Awaited<ReturnType<Probe['get']>>;

/** @param redirects that may be followed: to the same host only, as nobody may have this one ask others */
async function once(url: string, redirects: number): Promise<Answer> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (location === null || response.status < 300 || response.status > 399)
      return { status: response.status };
    const next = URL.parse(location, url);
    if (redirects > 0 && next?.origin === new URL(url).origin) return await once(next.href, redirects - 1);
    return { status: response.status, location };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { failure: cause instanceof Error ? cause.message : String(cause) };
  }
}
