/** The audit logs of an API on ports in memory, and handlers of single routes for it. */
import { ROUTES } from '../../lib/contract/routes.ts';
import { chainPending } from '../../lib/domain/audit/append.ts';
import { list } from '../../lib/domain/audit/read.ts';
import { type AuditEntry, INSTALLATION } from '../../lib/domain/audit/schema.ts';
import { type Handlers, type RoutesOf, type ServePorts, serve } from '../../lib/http/serve.ts';
import { ADMIN, type World } from '../domain/world.ts';

/** The entries of a log, oldest first. */
export async function entriesOf(
  { place: { ports, project } }: { place: World },
  log: string = project.id,
): Promise<AuditEntry[]> {
  await chainPending(ports, log);
  const of = log === INSTALLATION ? { isInstallation: true } : { project: log };
  return (await list(ports, ADMIN, { ...of, limit: 100 })).items.toReversed();
}

/** Some handlers of a group: a request for another is not found. */
export function serving<G extends 'tokens' | 'secrets' | 'releases' | 'environments' | 'subscriptions'>(
  { place: { ports } }: { place: World },
  group: G,
  handlers: Partial<Handlers<G>>,
) {
  return serve<G>(
    group,
    ROUTES as unknown as RoutesOf<G>,
    handlers as Handlers<G>,
    ...([ports] as unknown as ServePorts<G> extends undefined ? [] : [ServePorts<G>]),
  );
}
