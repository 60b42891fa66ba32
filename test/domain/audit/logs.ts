/** Entries of audit logs, and what is in a log. */
import { chainPending, headOf } from '../../../lib/domain/audit/append.ts';
import { readChain } from '../../../lib/domain/audit/read.ts';
import { record } from '../../../lib/domain/audit/record.ts';
import type { AuditEntry, AuditLink } from '../../../lib/domain/audit/schema.ts';
import { idFrom } from '../../../lib/domain/id.ts';
import type { Table } from '../../../lib/domain/ports/table.ts';

export const LOG = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3';
export const SYSTEM = { kind: 'system', name: 'test' } as const;

export const entryOf = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id: idFrom('entry', `01JZX3V5N8Q2R4T6W8Y0${String(n).padStart(6, '0')}`),
  at: new Date(Date.UTC(2026, 10, 21, 9, 30, n)).toISOString(),
  action: n % 2 === 0 ? 'createRelease' : 'createDeployment',
  actor: {
    kind: 'token',
    token_id: idFrom('token', '01JZX3V5N8Q2R4T6W8Y0A1B2C3'),
    token_name: 'ci',
    role: 'admin',
  },
  project_id: LOG,
  subject: { environment: 'test' },
  digests: [`sha256:${String(n).padStart(64, '0')}`],
  status: 201,
  ...more,
});

/** A log of so many entries. */
export async function logOf(table: Table, count: number): Promise<AuditLink[]> {
  for (let n = 1; n <= count; n++) await record({ table }, LOG, entryOf(n));
  await chainPending({ table }, LOG);
  return linksIn(table);
}

export async function linksIn(table: Table, chain = LOG): Promise<AuditLink[]> {
  // Without entries there is nothing by which a project that is not there has a log.
  if ((await headOf(table, chain)) === undefined) return [];
  const links: AuditLink[] = [];
  for (;;) {
    const after_seq = links.at(-1)?.seq ?? 0;
    const { items } = await readChain({ table }, SYSTEM, { project: chain, after_seq, limit: 100 });
    links.push(...items);
    if (items.length < 100) return links;
  }
}
