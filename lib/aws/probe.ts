/** Asks what is deployed, over HTTP as a user would, or by whatever else takes a GET. */
import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from '../contract/retry.ts';
import type { Answer, Probe, Question } from '../domain/ports/probe.ts';

/** Five tries within about 3 s for what answers with an error: it may only be starting. */
const TRIES = 5;
/** A new URL's name and permission take longer to be known everywhere: until then it is not found, or a 403. */
const NEW_URL_MS = 40_000;
const pauseAfter = backoff(200, 5_000);
/** As many as lead from `/` to a page, by way of a language and a slash. */
const MAX_REDIRECTS = 5;
/** Longer than most cold starts; what needs more fails its first users too. */
export const TIMEOUT_MS = 10_000;
/** Of a body, as far as it is looked at. */
const MAX_BODY_BYTES = 65_536;

/** One GET of a URL; its redirects are not followed. */
export type Ask = (url: string) => Promise<Answer>;

export const httpProbe: Probe = {
  get: (url, question) => untilHealthy(() => following(overHttp, url, question), question, NEW_URL_MS),
};

/**
 * Asks until the answer is as it should be, or for good.
 * @param unknownMs for how long a host may be unknown
 */
export async function untilHealthy(
  ask: () => Promise<Answer>,
  { isHealthy, isPatient }: Pick<Question, 'isHealthy' | 'isPatient'>,
  unknownMs = 0,
): Promise<Answer> {
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (!isPatient) return answer;
    // Where it leads to elsewhere, it does so for good.
    if ('status' in answer && (isHealthy(answer) || answer.location !== undefined)) return answer;
    const isUnknown =
      'failure' in answer ? /ENOTFOUND|EAI_AGAIN/.test(answer.failure) : answer.status === 403;
    if (isUnknown && unknownMs > 0 ? performance.now() - began > unknownMs : attempt >= TRIES) return answer;
    await delay(pauseAfter(attempt));
  }
}

/** Follows redirects to the same host, if they are to be followed: a URL must not have this one ask other hosts. */
export async function following(
  ask: Ask,
  url: string,
  { follow }: Pick<Question, 'follow'>,
): Promise<Answer> {
  let at = url;
  let took = 0;
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(at);
    if ('failure' in answer) return answer;
    took += answer.milliseconds;
    const location = answer.headers.location;
    if (location === undefined || answer.status < 300 || answer.status > 399)
      return { ...answer, milliseconds: took };
    const next = URL.parse(location, at);
    if (!follow || redirects === MAX_REDIRECTS || next?.origin !== new URL(at).origin)
      return { ...answer, location, milliseconds: took };
    at = next.href;
  }
}

async function overHttp(url: string): Promise<Answer> {
  const began = performance.now();
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = bodyText(await firstBytes(response.body));
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, body, milliseconds: performance.now() - began };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { failure: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function firstBytes(body: ReadableStream<Uint8Array> | null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** The first 64 KB of a body. */
export const bodyText = (bytes: Buffer): string => bytes.subarray(0, MAX_BODY_BYTES).toString();
