/** Sites as the edge serves them: where they are, and which version is in force there. */
import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from '../../contract/retry.ts';

/** A value is at all edges within seconds ("Work with key-value data", CloudFront Developer Guide): 40 looks take 15 s. */
const LOOKS = 40;
const pauseAfter = backoff(25, 500);
const TIMEOUT_MS = 10_000;

export class Edge {
  readonly #url: string;

  /** @param url of the distribution, without a slash at its end */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Of a site, or of one of its versions. A host name is a site at its root where there is TLS; without, nobody resolves it
   * to this distribution, and it is a folder like the others.
   */
  urlOf(name: string): string {
    const hasHost = name.includes('.') && !name.includes('@') && this.#url.startsWith('https:');
    return hasHost ? `https://${name}/` : `${this.#url}/${name}/`;
  }

  /**
   * Waits until the nearest edge answers from this version: a check that comes earlier would ask the one before.
   * @throws Error when it does not within some seconds: another try may find it
   */
  async serves(name: string, version: string): Promise<void> {
    const url = `${this.#url}/${name}/.well-known/staithe-version`;
    let last = '';
    for (let look = 1; look <= LOOKS; look++) {
      last = await textOf(url);
      if (last === version) return;
      await delay(pauseAfter(look));
    }
    throw new Error(
      `CloudFront does not serve version ${version} of ${name} yet; ${url} answered '${last}'.`,
    );
  }
}

async function textOf(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return (await response.text()).slice(0, 100);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}
