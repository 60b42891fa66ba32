/** Reading audit logs: entries by time for people, and the links of a chain for whoever verifies it. */
import type { Actor } from '../access/actor.ts';
import { assertRole, roleIn } from '../access/authorize.ts';
import type { Scope } from '../access/grant.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import * as Project from '../project/index.ts';
import { listByTime, type Span, timePartition } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { headOf } from './append.ts';
import { type AuditChain, AuditEntry, type AuditLink, INSTALLATION } from './schema.ts';

interface Filter extends Paging, Span {
  readonly project?: string | undefined;
  /** Only the log of the installation. */
  readonly isInstallation?: boolean;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
}

/** @throws StaitheError not_found | role_too_low | invalid_cursor | too_many_projects */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  { actor: who, action, project, isInstallation = false, ...paging }: Filter,
): Promise<Listed<AuditEntry>> {
  const logs = isInstallation ? [installationOf(actor)] : await logsOf(ports, actor, project);
  const { since, until } = paging;
  const scope = project === undefined && !isInstallation ? 'all' : logs;
  return listByTime(
    ports.table,
    {
      name: `audit ${JSON.stringify([scope, who, action, since, until])}`,
      partitions: logs.map((log) => timePartition('entry', Partitions.audit(log), 'table')),
      span: { since, until },
      view: async (items) =>
        items.map(({ entry }) => {
          const read = AuditEntry.parse(entry);
          const isWanted = (action === undefined || read.action === action) && isBy(read, who);
          return isWanted ? read : undefined;
        }),
    },
    paging,
  );
}

function isBy({ actor, on_behalf_of }: AuditEntry, who: string | undefined): boolean {
  if (who === undefined) return true;
  const names =
    actor.kind === 'system'
      ? [actor.name, on_behalf_of]
      : [actor.token_id, actor.token_name, actor.user?.id, actor.user?.name];
  return names.includes(who);
}

/** @throws StaitheError role_too_low, unless the actor is an admin of the whole installation */
function installationOf(actor: Actor): string {
  assertRole(actor, 'admin');
  return INSTALLATION;
}

const isAdminOf = (actor: Actor, scope: Scope = {}): boolean => roleIn(actor, scope) === 'admin';

async function logsOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  project: string | undefined,
): Promise<string[]> {
  if (project !== undefined) return [await logOf(ports, actor, project)];
  const projects = await Project.listed(ports, actor);
  const ids = projects.map(({ id }) => id).filter((id) => isAdminOf(actor, { project_id: id }));
  return isAdminOf(actor) ? [INSTALLATION, ...ids] : ids;
}

/** The log of a project. One that was deleted has only its id left, and keeps its log. @throws StaitheError not_found */
async function logOf(ports: Pick<Ports, 'table'>, actor: Actor, project: string): Promise<string> {
  try {
    return (await Project.resolve(ports, actor, project)).id;
  } catch (error) {
    if (!isAdminOf(actor) || !Id.project.safeParse(project).success) throw error;
    if ((await headOf(ports.table, project)) === undefined) throw error;
    return project;
  }
}

/**
 * Links behind a position, with their entries.
 * @throws StaitheError not_found | role_too_low
 */
export async function readChain(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  { project, after_seq, limit }: { project?: string | undefined; after_seq: number; limit: number },
): Promise<AuditChain> {
  const { table } = ports;
  const named = project ?? (actor.kind === 'anonymous' ? undefined : actor.project_id);
  const chain = named === undefined ? installationOf(actor) : await logOf(ports, actor, named);
  const head = (await headOf(table, chain)) ?? null;
  const { items } = await table.query({
    partition: Partitions.audit(chain),
    range: { from: Keys.auditLink(chain, after_seq + 1).sk, to: Keys.auditLink(chain, LAST).sk },
    limit,
  });
  // Whatever the links name, forged ones too, must be readable: each once, as a batch takes it.
  const ids = new Set(items.map(({ entry_id }) => String(entry_id || 'none')));
  const found = ids.size === 0 ? [] : await table.getMany([...ids].map((id) => Keys.auditEntry(chain, id)));
  const entries = new Map(found.map(({ sk, entry }) => [sk, entry]));
  const links = items.map(
    (item): AuditLink => ({
      chain,
      seq: Number(item.seq),
      prev_hash: String(item.prev_hash),
      hash: String(item.hash),
      entry: entryIn(entries.get(String(item.entry_id))),
    }),
  );
  return { chain, items: links, head };
}

/** Of the 12 digits that positions have. */
const LAST = 999_999_999_999;

const entryIn = (entry: unknown): AuditLink['entry'] =>
  typeof entry === 'object' && entry !== null ? { ...entry } : null;
