/** Projects as they are stored, and how one is found. */
import { type Actor, canAccess } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item, type Table, type Write } from '../ports/table.ts';
import { collection, type Stored } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Project } from './schema.ts';

export const projects = collection({
  kind: 'project',
  schema: Project,
  key: (project) => Keys.project(project.slug),
  index: (project) => ({ gsi1pk: Partitions.projects, gsi1sk: project.slug }),
});

/** By which the projects of a repository are found. */
export const linkOf = ({ id, slug }: Project, repository: string): Write => ({
  put: { ...Keys.repositoryLink(repository, id), entity: 'repository_link', revision: 1, slug },
  when: { any: true },
});

/**
 * The project of a path: by slug or id.
 * @throws StaitheError not_found, also for one that the actor may not see
 */
export async function resolve(ports: Pick<Ports, 'table'>, actor: Actor, ref: string): Promise<Project> {
  return (await find(ports.table, actor, ref)).value;
}

/** @throws StaitheError not_found */
export async function find(table: Table, actor: Actor, ref: string): Promise<Stored<Project>> {
  const slug = Id.project.safeParse(ref).success ? slugIn(await table.get(Keys.projectAlias(ref))) : ref;
  const found = slug === undefined ? undefined : projectIn(await table.get(Keys.project(slug)));
  if (found === undefined || !canAccess(actor, found.value.id)) throw notFound('project', ref);
  return found;
}

/** A project that is being deleted has left an item that holds its name, and is none any more. */
export const projectIn = (item: Item | undefined): Stored<Project> | undefined =>
  item?.entity === projects.kind ? projects.read(item) : undefined;

export const slugIn = (item: Item | undefined): string | undefined =>
  typeof item?.slug === 'string' ? item.slug : undefined;

export function throwBusy(error: unknown): never {
  if (error instanceof ConditionFailed)
    throw new StaitheError('busy', 'The project was changed by another request at the same time.');
  throw error;
}
