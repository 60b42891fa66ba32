/** Asks a deployed function's URL, over HTTP as a user would. */
import type { Probe } from '../domain/ports/index.ts';

/** Five tries within about 3 s for a function that answers with an error: it may only be starting. */
const TRIES = 5;
/** A new URL's name and permission take longer to be known everywhere: until then it is not found, or a 403. */
const NEW_URL_MS = 40_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Longer than most cold starts; a function that needs more fails its first users too. */
const TIMEOUT_MS = 10_000;

export const httpProbe: Probe = {
  async get(url) {
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const answer = await once(url);
      if ('status' in answer && answer.status < 400) return answer;
      const unknown =
        'failure' in answer ? /ENOTFOUND|EAI_AGAIN/.test(answer.failure) : answer.status === 403;
      if (unknown ? performance.now() - began > NEW_URL_MS : attempt >= TRIES) return answer;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  },
};

async function once(url: string): Promise<{ status: number } | { failure: string }> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return { status: response.status };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { failure: cause instanceof Error ? cause.message : String(cause) };
  }
}
