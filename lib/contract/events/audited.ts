/**
 * Changes that no request of a person or a service has made, and that the audit log has all the same: what Staithe begins
 * by itself, such as the run of a pushed commit, and how each deployment ended.
 */
import type { AuditEntry } from '../../domain/audit/schema.ts';
import { subjectOf } from '../../domain/audit/subject.ts';
import { DEPLOYMENT_LIFECYCLE, DeploymentStatus } from '../../domain/deployment/schema.ts';
import { derivedId } from '../../domain/id.ts';
import { isFinal } from '../../domain/lifecycle.ts';
import { ulidAt } from '../../domain/storage/by-time.ts';
import type { ItemChange } from './change.ts';
import { deploymentEvents } from './deployment.ts';
import type { EventFamily } from './family.ts';
import { releaseEvents } from './release.ts';
import { runEvents } from './run.ts';

type Family = Pick<EventFamily, 'entity' | 'eventOf'>;

const FAMILIES: ReadonlyMap<string, Family> = new Map(
  [runEvents, releaseEvents, deploymentEvents].map((family: Family) => [family.entity, family]),
);

/** Items that the log looks at: their creation, and of deployments these statuses. */
export const CREATED_ENTITIES: readonly string[] = [...FAMILIES.keys()];
export const ENDED_ENTITY = deploymentEvents.entity;
export const ENDED_STATUSES: readonly string[] = DeploymentStatus.options.filter((status) =>
  isFinal(DEPLOYMENT_LIFECYCLE, status),
);

/** Who makes requests (`nameOf` in lib/domain/access/actor.ts): what they create is in the log as their request. */
const REQUESTER = /^(tok_[0-9A-Z]{26}$|user:)/;

/** The entry of a change; most changes have none. @throws EventMismatch */
export function entryOfChange(change: ItemChange): AuditEntry | undefined {
  const { before, after } = change;
  if (after === undefined) return undefined;
  const creator = typeof after.created_by === 'string' ? after.created_by : 'staithe';
  const isOwn = before === undefined && !REQUESTER.test(creator);
  const isEnd = after.entity === ENDED_ENTITY && ENDED_STATUSES.includes(String(after.status));
  if (!isOwn && !isEnd) return undefined;
  const event = FAMILIES.get(String(after.entity))?.eventOf(change);
  if (event === undefined) return undefined;
  const at = String((isOwn ? undefined : after.completed_at) ?? after.created_at);
  return {
    id: derivedId('entry', ulidAt(at, '0'), String(after.id), event.name, String(after.revision)),
    at,
    action: event.name,
    actor: { kind: 'system', name: isOwn ? creator : 'staithe' },
    ...subjectOf(after),
    ...(isOwn ? {} : { on_behalf_of: creator }),
  };
}
