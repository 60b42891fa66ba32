/** Small documents from registries by HTTP: limited in size and time, and never led astray by a redirect. */
import { DOCUMENT_MAX_BYTES } from '../domain/image/stored.ts';
import { RegistryError } from '../domain/ports/registry.ts';

/** A registry that takes longer for a document of a few KB is as good as away. */
const TIMEOUT_MILLISECONDS = 10_000;

/** A registry leads to its store, and that perhaps to a nearer one. */
const REDIRECTS_MAX = 3;

/** Says no to an address by throwing. */
export type Guard = (url: URL) => Promise<void>;

const open: Guard = async () => {};

/**
 * Fetches without following what leads to plain HTTP elsewhere: who names the registry must not be able to make the
 * control plane call addresses of its own machine.
 * @param guard is asked before each request, also of where a redirect leads
 * @throws RegistryError temporary when there is no answer
 */
export async function fetchSafely(url: URL, init: RequestInit = {}, guard: Guard = open): Promise<Response> {
  let target = url;
  let headers = new Headers(init.headers);
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    await guard(target);
    const response = await answer(target, { ...init, headers });
    const location = response.headers.get('location');
    if (location === null || response.status < 301 || response.status > 308) return response;
    await response.body?.cancel();
    const next = new URL(location, target);
    assertSafe(next, url);
    if (next.host !== target.host) {
      // The credential is for the registry, not for where it leads.
      headers = new Headers(headers);
      headers.delete('authorization');
    }
    target = next;
  }
  throw new RegistryError(`${url.host} redirects too often and does not answer.`);
}

/** @throws RegistryError unless the address speaks HTTPS, or is the registry's own */
export function assertSafe(address: URL, registry: URL): void {
  if (address.protocol === 'https:' || address.origin === registry.origin) return;
  throw new RegistryError(`${registry.host} leads to ${address.origin}, which is not HTTPS.`);
}

/** @returns undefined for 404. @throws RegistryError when it is refused or too large */
export async function fetchDocument(url: string): Promise<Uint8Array | undefined> {
  const response = await fetchSafely(new URL(url));
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.ok) return limitedBytes(response);
  await response.body?.cancel();
  throw refusal(new URL(url).host, response);
}

/** @throws RegistryError beyond 4 MiB */
export async function limitedBytes(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > DOCUMENT_MAX_BYTES)
      throw new RegistryError('The registry returned a document of more than 4 MiB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whether it may go well later is the status's word (RFC 9110 section 15.6, RFC 6585 section 4). */
export function refusal(host: string, { status }: Response): RegistryError {
  const temporary = status === 429 || status >= 500;
  if (temporary) return new RegistryError(`${host} answered with ${status}; it may be overloaded.`, true);
  return status === 401 || status === 403
    ? new RegistryError(`${host} refused the credentials (${status}).`)
    : new RegistryError(`${host} answered with ${status}.`);
}

async function answer(target: URL, init: RequestInit): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    return await fetch(target, { ...init, redirect: 'manual', signal });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(`${target.host} gave no answer: ${reason}`, true, { cause: error });
  }
}
