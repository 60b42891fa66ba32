/** Sends notifications by HTTPS to addresses that users have named, and never into the control plane's own network. */
import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { isLoopback } from '../domain/loopback.ts';
import { ANSWER_MS } from '../domain/notification/time.ts';
import type { Notifier, Post, PostAnswer, WebhookSignature } from '../domain/ports/notifier.ts';
import { flawOfTargetUrl } from '../domain/subscription/target-url.ts';
import { PrivateAddress, publicOnly, type Resolve } from './public-lookup.ts';

interface NotifierOptions {
  /** How long a target may take, resolving its name and connecting included. */
  readonly answerMs?: number;
  readonly resolve?: Resolve;
}

export function httpNotifier({ answerMs = ANSWER_MS, resolve = lookup }: NotifierOptions = {}): Notifier {
  return {
    async post(post) {
      const flaw = flawOfTargetUrl(post.url, post.loopback);
      if (flaw !== undefined) return { failure: `The URL ${flaw}.` };
      const url = new URL(post.url);
      try {
        return await answerTo(url, post, { answerMs, resolve });
      } catch (error) {
        return { failure: `${url.host} gave no answer: ${reasonOf(error, answerMs)}` };
      }
    },
  };
}

/** @throws Error without an answer */
async function answerTo(
  url: URL,
  { body, signature, loopback }: Post,
  { answerMs, resolve: resolveName }: Required<NotifierOptions>,
): Promise<PostAnswer> {
  const isHere = loopback && isLoopback(url.host);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const bytes = Buffer.from(body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = send(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': bytes.length,
      'user-agent': 'Staithe',
      ...(signature !== undefined && headersOf(signature, body)),
    },
    // No connection is kept: the next call of this function may be another subscription's.
    agent: false,
    ...(!isHere && { lookup: publicOnly(resolveName) }),
    signal: AbortSignal.timeout(answerMs),
  });
  request.on('response', resolve).on('error', reject).end(bytes);
  const response = await promise;
  // Its body is of no interest; and it may have no end.
  response.destroy();
  return {
    status: response.statusCode ?? 0,
    retryAfterSeconds: secondsIn(response.headers['retry-after'], Date.now()),
  };
}

/** One signature for each secret, with a blank between them (spec: "Signature scheme"). */
function headersOf({ id, at, secrets }: WebhookSignature, body: string): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function secondsIn(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const at = /^[A-Z][a-z]{2}, /.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

/** For the project's members: what Node says, without addresses that the host's name leads to. */
function reasonOf(error: unknown, answerMs: number): string {
  if (error instanceof PrivateAddress) return error.message;
  if (error instanceof Error && error.name === 'AbortError')
    return `it took longer than ${answerMs / 1000} seconds.`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return `${code}.`;
  return 'the connection failed.';
}
