/**
 * What GitHub sends: signature and payload.
 * Source: GitHub docs, "Validating webhook deliveries" and "Webhook events and payloads".
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { cut } from '../text.ts';
import { GIT_REF_MAX, GitRef, GitSha, Repository } from '../values.ts';
import { skipInstruction } from './skip.ts';

/** Whether `X-Hub-Signature-256` is the HMAC of the raw bytes; compared in constant time. */
export function signatureHolds(secret: string, body: Uint8Array, signature: string | undefined): boolean {
  const presented = /^sha256=([0-9a-f]{64})$/.exec(signature ?? '')?.[1];
  if (presented === undefined) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(presented, 'hex'));
}

/** Of its many fields those that are needed. Nothing is asked of the ref here: each kind of ref has an answer of its own. */
const Push = z.object({
  ref: z.string(),
  after: GitSha,
  deleted: z.boolean().nullish(),
  head_commit: z.object({ id: GitSha, message: z.string().nullish() }).nullish(),
  repository: z.object({
    full_name: Repository,
    /** Seconds since the epoch; what is no such time tells nothing. */
    pushed_at: z.int().min(0).max(32_503_680_000).optional().catch(undefined),
  }),
});

/** Nearly every event is of a repository, in whose project's list it stands. */
const Named = z.object({ repository: z.object({ full_name: Repository }) });

export interface PushedCommit {
  readonly repository: string;
  readonly ref: string;
  readonly git_sha: string;
  /** Seconds since the epoch. */
  readonly pushed_at?: number | undefined;
}

interface Ignored extends Partial<PushedCommit> {
  readonly ignored: string;
}

/** The commit that a payload asks to build, or why there is none. What is said here is the table in docs/webhooks.md. */
export function pushedCommit(event: string, body: Uint8Array): { commit: PushedCommit } | Ignored {
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return {
      ignored: "The body is not JSON. The webhook's content type at GitHub must be application/json.",
    };
  }
  const of = Named.safeParse(payload).data?.repository.full_name;
  const whose = of === undefined ? {} : { repository: of };
  if (event === '') return { ignored: 'The X-GitHub-Event header is missing.', ...whose };
  if (event !== 'push')
    return {
      ignored: `The event ${quoted(event)} starts no build; only pushes of branches and tags do.`,
      ...whose,
    };
  const push = Push.safeParse(payload);
  if (!push.success) {
    const [issue] = push.error.issues;
    const field = issue?.path.join('.') || 'the payload';
    return { ignored: `The payload is not a push event: ${field}: ${issue?.message}.`, ...whose };
  }
  const { ref, after, deleted, head_commit: head, repository } = push.data;
  const flaw = flawOfRef(ref);
  if (flaw !== undefined) return { ignored: flaw, repository: repository.full_name };
  // Of an annotated tag, `after` names the tag object; the commit is the head commit.
  const sha = head?.id ?? after;
  if (deleted || isNothing(after) || isNothing(sha))
    return { ignored: `${ref} was deleted.`, repository: repository.full_name };
  const commit = { repository: repository.full_name, ref, git_sha: sha, pushed_at: repository.pushed_at };
  const skip = skipInstruction(head?.message ?? '');
  if (skip !== undefined)
    return {
      ignored: `The message of the head commit contains ${skip}. To build the commit anyway, run staithe build create in a checkout.`,
      ...commit,
    };
  return { commit };
}

/** As much of a text as a reason shows. */
const SHOWN = 100;
const quoted = (text: string): string => `'${cut(text, SHOWN)}'`;

/** Git writes a ref that is not there any more as a name of zeros. */
const isNothing = (sha: string): boolean => /^0+$/.test(sha);

/** What no ref may hold (git-check-ref-format). */
const NO_REF =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what git refuses
  /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$|\.lock(\/|$)|(^|\/)\./;

/** Why the ref is no branch and no tag; undefined when it is one. */
function flawOfRef(ref: string): string | undefined {
  if (ref === '') return 'The ref is empty.';
  if (ref.length > GIT_REF_MAX)
    return `The ref has ${ref.length} characters; the maximum is ${GIT_REF_MAX}: ${quoted(ref)}.`;
  if (NO_REF.test(ref) || !GitRef.safeParse(ref).success)
    return `The ref ${quoted(ref)} is not a valid git ref name.`;
  if (!ref.startsWith('refs/'))
    return `The ref ${quoted(ref)} is not a full name; a branch begins with refs/heads/, a tag with refs/tags/.`;
  if (!/^refs\/(heads|tags)\/./.test(ref)) return `The ref ${quoted(ref)} is neither a branch nor a tag.`;
  return undefined;
}
