/**
 * The inbox of the audit log: entries that are written down before their request is answered, and wait to be chained.
 * The chain is made off the request path, by one function, so that requests of a project do not wait for each other.
 */
import * as z from 'zod';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { AuditEntry, PENDING_ENTITY } from './schema.ts';

const Pending = z.object({ chain: z.string(), entry: AuditEntry });

/** Of an entry, for a transaction with what it is about. */
export function recording(chain: string, entry: AuditEntry): Write {
  const key = Keys.pendingAudit(chain, entry.id);
  return { put: { ...key, entity: PENDING_ENTITY, revision: 1, chain, entry }, when: { absent: true } };
}

/** Writes an entry down; one with the same id is written once. */
export async function record(ports: Pick<Ports, 'table'>, chain: string, entry: AuditEntry): Promise<void> {
  await ports.table.write(recording(chain, entry)).catch((error: unknown) => {
    if (!(error instanceof ConditionFailed)) throw error;
  });
}

/** What an item of the inbox holds. */
export const pendingIn = (item: unknown): z.infer<typeof Pending> => Pending.parse(item);
