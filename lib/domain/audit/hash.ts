/** The hash of a link: over its entry, its position, its chain and the link before, so that none of them can change. */
import { canonicalJson, sha256Of } from '../canonical.ts';
import type { AuditLink } from './schema.ts';

/** What the first link of every chain follows. */
export const GENESIS = `sha256:${'0'.repeat(64)}`;

export function hashOfLink({ chain, seq, prev_hash, entry }: Omit<AuditLink, 'hash'>): string {
  return sha256Of(canonicalJson({ chain, seq, prev_hash, entry }));
}
