/** Projects: create, find, list, change, delete. */
import { type Actor, nameOf, sees } from '../access/actor.ts';
import { deletionOf, placeholderOf } from '../deletion/record.ts';
import { notFound, StaitheError } from '../error.ts';
import { Id, idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Item, type Key, type Table, type Write } from '../ports/table.ts';
import { collection, type Listed, type Paging, type Stored } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { type CreateProject, Project, type UpdateProject } from './schema.ts';

const projects = collection({
  kind: 'project',
  schema: Project,
  key: (project) => Keys.project(project.slug),
  index: (project) => ({ gsi1pk: Partitions.projects, gsi1sk: project.slug }),
});

const pointer = (key: Key, kind: string, slug: string): Write => ({
  put: { ...key, entity: kind, revision: 1, slug },
  when: { any: true },
});
const aliasOf = (project: Project) => pointer(Keys.projectAlias(project.id), 'project_alias', project.slug);
const linkOf = (project: Project, repository: string) =>
  pointer(Keys.repositoryLink(repository, project.id), 'repository_link', project.slug);

/** @throws StaitheError slug_taken | role_too_low (a token of one project creates no others) */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateProject,
  id?: string,
): Promise<Project> {
  if (actor.kind !== 'token' || actor.project_id !== undefined)
    throw new StaitheError('role_too_low', 'A token that is bound to one project cannot create others.');
  const now = ports.clock.now();
  const project: Project = {
    id: id ?? idFrom('project', ports.randomness.ulid(now.getTime())),
    slug: input.slug,
    name: input.name ?? input.slug,
    repository: input.repository,
    default_branch: input.default_branch ?? 'main',
    max_concurrent_jobs: input.max_concurrent_jobs,
    supersede: input.supersede ?? false,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    created_by: nameOf(actor),
  };
  const writes = [projects.creation(project), aliasOf(project)];
  if (project.repository !== undefined) writes.push(linkOf(project, project.repository));
  try {
    await ports.table.transact(writes);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const existing = projectIn(error.existing)?.value;
    if (existing?.id === project.id) return existing; // the repeat of a request whose answer was lost
    if (error.existing !== undefined && existing === undefined)
      throw new StaitheError(
        'slug_taken',
        `The project '${input.slug}' is being deleted; its slug is free once everything in it is removed.`,
        { remedy: 'Try again in a few minutes, or choose another slug.' },
      );
    throw new StaitheError('slug_taken', `There is a project '${input.slug}' already.`);
  }
  return project;
}

/**
 * The project of a path: by slug or id.
 * @throws StaitheError not_found, also for one that the actor may not see
 */
export async function resolve(ports: Pick<Ports, 'table'>, actor: Actor, ref: string): Promise<Project> {
  return (await find(ports.table, actor, ref)).value;
}

async function find(table: Table, actor: Actor, ref: string): Promise<Stored<Project>> {
  const slug = Id.project.safeParse(ref).success ? slugIn(await table.get(Keys.projectAlias(ref))) : ref;
  const found = slug === undefined ? undefined : projectIn(await table.get(Keys.project(slug)));
  if (found === undefined || !sees(actor, found.value.id)) throw notFound('project', ref);
  return found;
}

/** A project that is being deleted has left an item that holds its name, and is none any more. */
const projectIn = (item: Item | undefined): Stored<Project> | undefined =>
  item?.entity === projects.kind ? projects.read(item) : undefined;

const slugIn = (item: Item | undefined): string | undefined =>
  typeof item?.slug === 'string' ? item.slug : undefined;

/** All projects by slug, or the one that the actor's token is bound to. */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  paging: Paging,
): Promise<Listed<Project>> {
  if (actor.kind !== 'anonymous' && actor.project_id !== undefined)
    return { items: [await resolve(ports, actor, actor.project_id)], next_cursor: null };
  return projects.list(ports.table, Partitions.projects, paging, { ascending: true });
}

/** The projects whose pushes come from this repository. */
export async function ofRepository(ports: Pick<Ports, 'table'>, repository: string): Promise<Project[]> {
  // 25 projects of one repository (a monorepo) are built by one push; a page of links, no more.
  const links = await ports.table.query({ partition: Partitions.repository(repository), limit: 25 });
  const slugs = links.items.map(slugIn).filter((slug) => slug !== undefined);
  if (slugs.length === 0) return [];
  const found = await ports.table.getMany(slugs.map(Keys.project));
  return found.flatMap((item) => projectIn(item)?.value ?? []);
}

/** @throws StaitheError not_found | busy */
export async function update(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  ref: string,
  change: UpdateProject,
): Promise<Project> {
  const stored = await find(ports.table, actor, ref);
  const before = stored.value;
  const after: Project = {
    ...before,
    name: change.name ?? before.name,
    default_branch: change.default_branch ?? before.default_branch,
    max_concurrent_jobs:
      change.max_concurrent_jobs === undefined
        ? before.max_concurrent_jobs
        : (change.max_concurrent_jobs ?? undefined),
    supersede: change.supersede ?? before.supersede,
    repository: change.repository === undefined ? before.repository : (change.repository ?? undefined),
    updated_at: ports.clock.now().toISOString(),
  };
  const writes = [projects.change(stored, after)];
  if (after.repository !== undefined) writes.push(linkOf(after, after.repository));
  if (before.repository !== undefined && before.repository.toLowerCase() !== after.repository?.toLowerCase())
    writes.push({ remove: Keys.repositoryLink(before.repository, before.id), when: { any: true } });
  await ports.table.transact(writes).catch(throwBusy);
  return after;
}

/**
 * Deletes a project. From here on nothing is created in it (alive.ts), nobody finds it, and its pushes build nothing; what
 * is in it is removed by lib/domain/deletion, which the item that is written here starts. The name of a project that had
 * nothing in it is free at once, of others when all is gone.
 * @param force also when there is something in it
 * @throws StaitheError not_found | project_not_empty | busy
 */
export async function remove(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  ref: string,
  { force = false }: { force?: boolean } = {},
): Promise<void> {
  const stored = await find(ports.table, actor, ref);
  const { id, slug, repository } = stored.value;
  const left = await contentsOf(ports, id);
  if (left !== undefined && !force)
    throw new StaitheError('project_not_empty', `Project '${slug}' still has ${left}.`);
  const key = Keys.project(slug);
  const when = { revision: stored.revision };
  const writes: Write[] = [
    left === undefined ? { remove: key, when } : { put: placeholderOf(key, id, stored.revision + 1), when },
    // Whatever is created checks this item in its transaction: either it was before, and is found, or it is refused.
    { remove: Keys.projectAlias(id), when: { any: true } },
    deletionOf({
      project_id: id,
      slug,
      requested_at: ports.clock.now().toISOString(),
      requested_by: nameOf(actor),
      holds_name: left !== undefined,
    }),
  ];
  if (repository !== undefined)
    writes.push({ remove: Keys.repositoryLink(repository, id), when: { any: true } });
  await ports.table.transact(writes).catch(throwBusy);
}

/** What a project has that somebody may miss; undefined when there is nothing. */
async function contentsOf(ports: Pick<Ports, 'table'>, id: string): Promise<string | undefined> {
  const contents = [
    { what: 'builds', query: { index: 'gsi1', partition: Partitions.builds(id), limit: 1 } },
    // Uploads need no build, and releases may be of uploads alone.
    { what: 'artifacts', query: { index: 'gsi1', partition: Partitions.artifacts(id), limit: 1 } },
    { what: 'environments', query: { partition: Partitions.environments(id), limit: 1 } },
    { what: 'secrets', query: { partition: Partitions.secrets(id), limit: 1 } },
  ] as const;
  const found = await Promise.all(contents.map(({ query }) => ports.table.query(query)));
  return contents.find((_, index) => (found[index]?.items.length ?? 0) > 0)?.what;
}

function throwBusy(error: unknown): never {
  if (error instanceof ConditionFailed)
    throw new StaitheError('busy', 'The project was changed by somebody else at the same moment.');
  throw error;
}
