/** Lists of releases, newest first. */
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { Span } from '../storage/by-time.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Partitions } from '../storage/keys.ts';
import { type Listable, scopeOf } from '../storage/scope.ts';
import { releases } from './record.ts';
import type { Release } from './schema.ts';

export async function list(
  ports: Pick<Ports, 'table'>,
  projects: Listable<Pick<Project, 'id'>>,
  paging: Paging & Span,
): Promise<Listed<Release>> {
  const partitions = projects.map(({ id }) => Partitions.releases(id));
  return releases.newestOf(ports.table, 'release', partitions, paging, scopeOf(projects));
}
