/** A webhook as GitHub sends it: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
import { createHmac } from 'node:crypto';
import type { Problem } from '../../contract/problem.ts';
import { TRANSIENT_STATUSES, withRetries } from '../api/retry.ts';

interface Webhook {
  readonly event: string;
  /** GitHub's id of the delivery; a repeated id is the same delivery. */
  readonly guid: string;
  readonly payload: Buffer;
  readonly secret: string;
}

async function post(url: string, webhook: Webhook): Promise<string> {
  const { ApiError, UnreachableError } = await import('../../contract/client.ts');
  const { Problem } = await import('../../contract/problem.ts');
  const { ROUTES } = await import('../../contract/routes.ts');
  const route = ROUTES.receiveGithubWebhook;
  const response = await fetch(url + route.path, {
    method: route.method,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/staithe',
      'x-github-event': webhook.event,
      'x-github-delivery': webhook.guid,
      'x-hub-signature-256': `sha256=${createHmac('sha256', webhook.secret).update(webhook.payload).digest('hex')}`,
    },
    body: new Uint8Array(webhook.payload),
  }).catch((error: unknown) => {
    throw new UnreachableError(url, error);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === route.success.status) return route.success.body.parse(body).delivery_id;
  const problem: Problem = Problem.safeParse(body).data ?? {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: `http_${response.status}`,
    detail: `The server responded with status ${response.status}.`,
    remedy: 'Check the URL of the API.',
    request_id: response.headers.get('x-request-id') ?? '',
  };
  throw new ApiError(problem);
}

/**
 * Signs the payload as it is and sends it. A request that got no answer is retried: a repeated guid is a duplicate.
 * @param url the API's root
 * @returns the id of the delivery
 * @throws ApiError | UnreachableError
 */
export async function sendWebhook(url: string, webhook: Webhook): Promise<string> {
  const { ApiError, UnreachableError } = await import('../../contract/client.ts');
  return withRetries(
    () => post(url, webhook),
    (error) =>
      error instanceof UnreachableError ||
      (error instanceof ApiError && TRANSIENT_STATUSES.includes(error.problem.status)),
  );
}
