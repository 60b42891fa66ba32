/** The caches of a project, for users: list and purge. */
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { caches } from './record.ts';
import type { Cache, PurgedCaches } from './schema.ts';

/** Read and removed at once: 25 deletions side by side take as long as three one after the other. */
const PURGE_PAGE = 25;

/** By service and branch. */
export async function list(
  ports: Pick<Ports, 'table'>,
  project: Project,
  paging: Paging,
): Promise<Listed<Cache>> {
  return caches.list(ports.table, Partitions.caches(project.id), paging, { ascending: true, of: 'table' });
}

/**
 * Removes caches: builds do not find them after that. Their bytes stay until they expire, as other caches may have the
 * same bytes.
 */
export async function purge(
  ports: Pick<Ports, 'table'>,
  project: Project,
  filter: { branch?: string | undefined; service?: string | undefined },
): Promise<PurgedCaches> {
  let purged = 0;
  const pages = caches.pages(ports.table, Partitions.caches(project.id), { limit: PURGE_PAGE, of: 'table' });
  for await (const page of pages) {
    const chosen = page.filter(
      ({ branch, service }) =>
        (filter.branch === undefined || filter.branch === branch) &&
        (filter.service === undefined || filter.service === service),
    );
    await Promise.all(
      chosen.map(({ sort_key }) =>
        ports.table.write({ remove: Keys.cache(project.id, sort_key), when: { any: true } }),
      ),
    );
    purged += chosen.length;
  }
  return { purged };
}
