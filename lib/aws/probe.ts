/** Asks what is deployed, over HTTP as a user would, or by whatever else takes a GET. */
import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from '../contract/retry.ts';
import { isLoopback } from '../domain/loopback.ts';
import type { Answer, Probe, Question } from '../domain/ports/probe.ts';
import { addressIn, isPrivate } from '../domain/public-address.ts';
import { publicOnly, type Resolve } from './public-lookup.ts';
import { setting } from './settings.ts';

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

/**
 * Commands say themselves where they have deployed to, so nothing but the internet is asked.
 * @param loopback whether this machine may be asked too, as on the embedded cloud, where all is deployed to it
 */
export function httpProbe(
  loopback = setting('STAITHE_LOOPBACK_WEBHOOKS') === 'allow',
  resolve: Resolve = lookup,
): Probe {
  return {
    async get(text, question) {
      const url = new URL(text);
      const isHere = loopback && isLoopback(url.host);
      // An address in place of a name is never looked up.
      const address = addressIn(url);
      if (!isHere && (isLoopback(url.host) || (address !== undefined && isPrivate(address))))
        return { failure: 'it is not an address of the internet' };
      const ask: Ask = (at) => overHttp(at, isHere ? undefined : publicOnly(resolve));
      return untilHealthy(() => following(ask, text, question), question, NEW_URL_MS);
    },
  };
}

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

async function overHttp(url: string, lookup: LookupFunction | undefined): Promise<Answer> {
  const began = performance.now();
  try {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // No connection is kept: the next question is to another host, in another minute.
    const options = { agent: false, signal: AbortSignal.timeout(TIMEOUT_MS), ...(lookup && { lookup }) };
    send(url, { ...options, headers: { accept: '*/*', 'user-agent': 'Staithe' } })
      .on('response', resolve)
      .on('error', reject)
      .end();
    const response = await promise;
    const body = bodyText(await firstBytes(response));
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body,
      milliseconds: performance.now() - began,
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      return { failure: `it took longer than ${TIMEOUT_MS / 1000} seconds` };
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** Several of one name as one, as browsers read them (Fetch Standard, "get"). */
const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );

async function firstBytes(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** The first 64 KB of a body. */
export const bodyText = (bytes: Buffer): string => bytes.subarray(0, MAX_BODY_BYTES).toString();
