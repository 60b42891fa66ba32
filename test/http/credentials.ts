/** Credentials of the kinds of callers, as `serve` looks them up: their tokens are in the table, or signed. */
import type { RequestActor } from '../../lib/domain/access/actor.ts';
import { hashOfSecret } from '../../lib/domain/access/secret.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { sha256Of } from '../domain/world.ts';
import type { MemoryPorts } from '../memory/index.ts';

/** What follows from the id of a token alone. */
export const secretOf = (tokenId: string): string =>
  `stt_${tokenId.slice('tok_'.length)}_${Buffer.from(sha256Of(tokenId), 'hex').toString('base64url')}`;

/**
 * Puts a token into the table (on no list), or signs one for a job.
 * @returns what its owner sends as bearer; undefined for nobody
 */
export async function credentialOf(
  { table, jobTokens, clock }: Pick<MemoryPorts, 'table' | 'jobTokens' | 'clock'>,
  actor: RequestActor,
  expires = new Date(clock.now().getTime() + 60_000),
): Promise<string | undefined> {
  if (actor.kind === 'anonymous') return undefined;
  if (actor.kind === 'job') return jobTokens.sign(actor, expires);
  const { kind: _, token_id: id, ...rest } = actor;
  const secret = secretOf(id);
  const token = {
    ...rest,
    id,
    name: 'test',
    created_at: '2026-11-21T09:30:00.000Z',
    created_by: 'operator',
    expires_at: expires.toISOString(),
    secret_hash: hashOfSecret(secret),
  };
  const put = { ...token, ...Keys.token(id), entity: 'token', revision: 1 };
  await table.write({ put, when: { any: true } });
  return secret;
}
