/**
 * Appends entries to the chain of a log: in the order in which they are appended, which is nearly that of their times.
 * A link's key is its position, so two that append at once cannot both take it; an entry's key is its id, so none is
 * chained twice. The inbox is emptied afterwards: what dies in between is found again, and changes nothing.
 */
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item, type Table, type Write } from '../ports/table.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { removeAll } from '../storage/remove.ts';
import { GENESIS, hashOfLink } from './hash.ts';
import { pendingIn } from './record.ts';
import type { AuditEntry, AuditHead } from './schema.ts';

/** Two writes each: below the 100 of a transaction (docs: DynamoDB, TransactWriteItems). */
const BATCH = 40;
/** Tries to append a batch: as many functions append at once as the table's stream has shards, which are few. */
const TRIES = 10;

/**
 * Chains all that waits in the inbox of a log, oldest first, and `others` with it.
 * @param others entries that are not in the inbox: the stream itself brings them, and brings them again after a failure
 */
export async function chainPending(
  ports: Pick<Ports, 'table'>,
  chain: string,
  others: readonly AuditEntry[] = [],
): Promise<void> {
  const { table } = ports;
  let unread: readonly AuditEntry[] = others;
  for (;;) {
    const { items } = await table.query({ partition: Partitions.pendingAudit(chain), limit: BATCH });
    const entries = [...items.map((item) => pendingIn(item).entry), ...unread];
    await append(table, chain, entries);
    await removeAll(
      table,
      items.map(({ pk, sk }) => ({ pk, sk })),
    );
    unread = [];
    if (items.length < BATCH) return;
  }
}

const idsOf = (entries: readonly AuditEntry[]) =>
  [...new Map(entries.map((entry) => [entry.id, entry])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** @throws Error when others were faster, time after time */
async function append(table: Table, chain: string, entries: readonly AuditEntry[]): Promise<void> {
  let left = idsOf(entries);
  for (let failures = 0; left.length > 0; ) {
    const batch = left.slice(0, BATCH);
    try {
      await table.transact(writesOf(chain, batch, await headOf(table, chain)));
      left = left.slice(BATCH);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      failures += 1;
      if (failures === TRIES)
        throw new Error(`The audit log of ${chain} was appended to by others ${TRIES} times.`);
      left = await notChained(table, chain, left);
    }
  }
}

function writesOf(chain: string, entries: readonly AuditEntry[], head: AuditHead | undefined): Write[] {
  let { seq, hash } = head ?? { seq: 0, hash: GENESIS };
  return entries.flatMap((entry) => {
    const prev_hash = hash;
    seq += 1;
    hash = hashOfLink({ chain, seq, prev_hash, entry });
    const puts: Item[] = [
      { ...Keys.auditEntry(chain, entry.id), entity: 'audit_entry', revision: 1, chain, seq, entry },
      {
        ...Keys.auditLink(chain, seq),
        entity: 'audit_link',
        revision: 1,
        seq,
        prev_hash,
        hash,
        entry_id: entry.id,
      },
    ];
    return puts.map((put) => ({ put, when: { absent: true } }));
  });
}

async function notChained(
  table: Table,
  chain: string,
  entries: readonly AuditEntry[],
): Promise<AuditEntry[]> {
  const chained = new Set<string>();
  for (let from = 0; from < entries.length; from += BATCH) {
    const keys = entries.slice(from, from + BATCH).map(({ id }) => Keys.auditEntry(chain, id));
    for (const { sk } of await table.getMany(keys)) chained.add(sk);
  }
  return entries.filter(({ id }) => !chained.has(id));
}

/** The newest link of a chain. */
export async function headOf(table: Table, chain: string): Promise<AuditHead | undefined> {
  const { items } = await table.query({
    partition: Partitions.audit(chain),
    prefix: Keys.auditLinks,
    newestFirst: true,
    limit: 1,
  });
  const [link] = items;
  return link && { seq: Number(link.seq), hash: String(link.hash) };
}
