/**
 * What GitHub sends: signature and payload.
 * Source: GitHub docs, "Validating webhook deliveries" and "Webhook events and payloads".
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { GitSha, Repository } from '../values.ts';

/** Whether `X-Hub-Signature-256` is the HMAC of the raw bytes; compared in constant time. */
export function signatureHolds(secret: string, body: Uint8Array, signature: string | undefined): boolean {
  const given = /^sha256=([0-9a-f]{64})$/.exec(signature ?? '')?.[1];
  if (given === undefined) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(given, 'hex'));
}

const Push = z.object({
  ref: z.string().max(300),
  after: GitSha,
  deleted: z.boolean().default(false),
  head_commit: z.object({ id: GitSha }).nullish(),
  repository: z.object({ full_name: Repository }),
});

export interface PushedCommit {
  readonly repository: string;
  readonly ref: string;
  readonly git_sha: string;
}

/** The commit that a payload asks to build, or why there is none. */
export function pushedCommit(
  event: string,
  body: Uint8Array,
): { commit: PushedCommit } | { ignored: string; repository?: string } {
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return { ignored: 'The body is not JSON.' };
  }
  if (event !== 'push')
    return { ignored: `The event '${event}' starts nothing; a push of a branch or tag does.` };
  const push = Push.safeParse(payload);
  if (!push.success)
    return {
      ignored: `The payload is no push: ${push.error.issues[0]?.path.join('.')} ${push.error.issues[0]?.message}.`,
    };
  const { ref, after, deleted, head_commit: head, repository } = push.data;
  if (deleted) return { ignored: `${ref} was deleted.`, repository: repository.full_name };
  // Of an annotated tag, `after` names the tag object; the commit is the head commit.
  return { commit: { repository: repository.full_name, ref, git_sha: head?.id ?? after } };
}
