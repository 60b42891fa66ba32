/**
 * Idempotency keys (draft-ietf-httpapi-idempotency-key-header): the same key and request get the same answer for 24 h.
 * The first request leaves a seed, from which the ids of what it creates are made. So a repeat after a crash in the
 * middle finds what the first one created, and needs no lock that could be left behind.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { StaitheError } from './error.ts';
import type { Ports } from './ports/index.ts';
import { type Condition, ConditionFailed, type Item } from './ports/table.ts';
import { Keys } from './storage/keys.ts';

export const KEPT_SECONDS = 24 * 3600;

const Answer = z.object({ status: z.int(), body: z.string() });
export type Answer = z.infer<typeof Answer>;

const IdempotencyRecord = z.object({
  request_hash: z.string(),
  seed: z.string(),
  answer: Answer.optional(),
  /** Of the request that was answered. Absent in records of versions that did not keep it: their answers are not sent again. */
  permissions_hash: z.string().optional(),
  revision: z.int(),
  ttl: z.int(),
});

export interface IdempotentRequest {
  /** Who asks, and for what: keys of different callers or routes never meet. */
  readonly scope: string;
  readonly key: string;
  readonly requestHash: string;
  /** What the caller may do. Under other permissions a repeat gets the seed, but not the answer. */
  readonly permissionsHash: string;
}

const keyOf = (request: IdempotentRequest) =>
  Keys.idempotency(createHash('sha256').update(`${request.scope}\n${request.key}`).digest('hex'));

/**
 * Begins a request.
 * @returns the seed for its ids, and the answer when it was answered before to a caller who might do the same
 * @throws StaitheError idempotency_key_reused
 */
export async function begin(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  request: IdempotentRequest,
): Promise<{ seed: string; answer?: Answer | undefined }> {
  return take(ports, request, { absent: true }, 1);
}

async function take(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  request: IdempotentRequest,
  when: Condition,
  revision: number,
): Promise<{ seed: string; answer?: Answer | undefined }> {
  const now = ports.clock.now().getTime();
  const seed = ports.randomness.ulid(now);
  const item: Item = {
    ...keyOf(request),
    entity: 'idempotency',
    revision,
    request_hash: request.requestHash,
    seed,
    ttl: Math.floor(now / 1000) + KEPT_SECONDS,
  };
  try {
    await ports.table.write({ put: item, when });
    return { seed };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (error.existing === undefined) return take(ports, request, { absent: true }, 1); // vanished meanwhile
    const existing = IdempotencyRecord.parse(error.existing);
    // The table may keep what has expired for days (docs: DynamoDB, "Time to Live").
    if (existing.ttl * 1000 <= now)
      return take(ports, request, { revision: existing.revision }, existing.revision + 1);
    if (existing.request_hash !== request.requestHash)
      throw new StaitheError(
        'idempotency_key_reused',
        `The Idempotency-Key '${request.key}' belongs to another request.`,
      );
    const isSame = existing.permissions_hash === request.permissionsHash;
    return { seed: existing.seed, answer: isSame ? existing.answer : undefined };
  }
}

/** Keeps the answer for repeats. */
export async function complete(
  ports: Pick<Ports, 'table' | 'clock'>,
  request: IdempotentRequest,
  seed: string,
  answer: Answer,
): Promise<void> {
  const item: Item = {
    ...keyOf(request),
    entity: 'idempotency',
    revision: 2,
    request_hash: request.requestHash,
    seed,
    answer,
    permissions_hash: request.permissionsHash,
    ttl: Math.floor(ports.clock.now().getTime() / 1000) + KEPT_SECONDS,
  };
  await ports.table.write({ put: item, when: { any: true } });
}
