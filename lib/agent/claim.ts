/**
 * The agent's first request. It is on its way before the schemas of the contract, archives and processes are loaded,
 * which takes about as long as the answer does; so it must need none of them.
 */
import { randomUUID } from 'node:crypto';
import { CLAIM_PATH } from '../contract/claim-path.ts';
import type { Fetch } from '../contract/route-client.ts';
import type { ClaimJob } from '../domain/execution/model/job.ts';
import { begin, CALL_MS, send } from './request.ts';
import type { Settings } from './settings.ts';

export interface Claim {
  /** What every claim of this agent says: the claim id makes a repeat the same claim. */
  readonly body: ClaimJob;
  /** Sends requests, but for the first claim, whose answer is awaited only. */
  readonly fetch: Fetch;
}

/** Settles when the claim is on its way, or has failed to be: then it is repeated like any other call. */
export async function beginClaim({ apiUrl, jobId, ticket, logStream }: Settings): Promise<Claim> {
  const body: ClaimJob = {
    ticket,
    claim_id: randomUUID(),
    ...(logStream !== undefined && { log_stream: logStream }),
  };
  const url = apiUrl + CLAIM_PATH.replace('{job}', encodeURIComponent(jobId));
  const { sent, answer } = begin(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    redirect: 'manual',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(CALL_MS),
  });
  // It may fail before anybody waits for it.
  answer.catch(() => undefined);
  await sent;
  let first: typeof answer | undefined = answer;
  return {
    body,
    fetch(asked, request) {
      if (asked !== url || first === undefined) return send(asked, request);
      const begun = first;
      first = undefined;
      return begun;
    },
  };
}
