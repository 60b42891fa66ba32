/** Projects as they are stored, and how one is found. */
import type { Actor } from '../access/actor.ts';
import { assertRequired, canAccess } from '../access/authorize.ts';
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
 * @throws StaitheError not_found, also for one that the actor may not see | role_too_low (in this project)
 */
export async function resolve(ports: Pick<Ports, 'table'>, actor: Actor, ref: string): Promise<Project> {
  return (await find(ports.table, actor, ref)).value;
}

/** @throws StaitheError not_found | role_too_low (in this project) */
export async function find(table: Table, actor: Actor, ref: string): Promise<Stored<Project>> {
  const slug = Id.project.safeParse(ref).success ? slugIn(await table.get(Keys.projectAlias(ref))) : ref;
  const found = slug === undefined ? undefined : projectIn(await table.get(Keys.project(slug)));
  if (found === undefined || !canAccess(actor, found.value.id)) throw notFound('project', ref);
  assertRequired(actor, { project_id: found.value.id, project: found.value.slug });
  return found;
}

/** Of these ids the projects that exist, by slug. @param ids at most 100, as many as one batch read takes */
export async function byIds(table: Table, ids: readonly string[]): Promise<Project[]> {
  if (ids.length === 0) return [];
  const aliases = await table.getMany(ids.map(Keys.projectAlias));
  const slugs = aliases.map(slugIn).filter((slug) => slug !== undefined);
  if (slugs.length === 0) return [];
  const found = (await table.getMany(slugs.map(Keys.project))).flatMap(
    (item) => projectIn(item)?.value ?? [],
  );
  return found.toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
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
