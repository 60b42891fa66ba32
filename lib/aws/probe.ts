/** Asks a deployed function's URL, over HTTP as a user would. */
import type { Probe } from '../domain/ports/index.ts';

/** Five tries within about 3 s: a new alias and its permission take a moment to be known everywhere. */
const TRIES = 5;
const FIRST_PAUSE_MS = 200;
/** Longer than most cold starts; a function that needs more fails its first users too. */
const TIMEOUT_MS = 10_000;

export const httpProbe: Probe = {
  async get(url) {
    for (let attempt = 1; ; attempt++) {
      const answer = await once(url);
      const good = 'status' in answer && answer.status < 400;
      if (good || attempt === TRIES) return answer;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
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
