/** Projects: create, find, list, change, delete. */
import { type Actor, nameOf } from '../access/actor.ts';
import { assertRole, projectIdsOf } from '../access/authorize.ts';
import { StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import type { Listed, Paging } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { newAlias } from './create-in.ts';
import { byIds, find, linkOf, projectIn, projects, resolve, slugIn, throwBusy } from './find.ts';
import { pageBySlug } from './page.ts';
import type { CreateProject, Project, UpdateProject } from './schema.ts';

export { resolve } from './find.ts';
export { remove } from './remove.ts';

/** @throws StaitheError slug_taken | role_too_low (in the installation as a whole) */
export async function create(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  actor: Actor,
  input: CreateProject,
  id?: string,
): Promise<Project> {
  assertRole(actor, 'admin');
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
  const writes = [projects.creation(project), newAlias(project)];
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
        {
          remedy:
            'Try again in a few minutes, or, if it had images or pull tokens, an hour after its deletion; or choose another slug.',
        },
      );
    throw new StaitheError('slug_taken', `There is a project '${input.slug}' already.`);
  }
  return project;
}

/** All projects by slug, or those that the actor may see. @throws StaitheError invalid_cursor */
export async function list(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  paging: Paging,
): Promise<Listed<Project>> {
  const ids = projectIdsOf(actor);
  if (ids === 'all') return projects.list(ports.table, Partitions.projects, paging, { ascending: true });
  return pageBySlug(ports.table, await byIds(ports.table, ids), paging);
}

/** 100: a list across projects asks each of them, in as many queries at once. */
const MAX_LISTED = 100;

/**
 * The projects of a list: the one that is named, or all that the actor sees.
 * @returns with `isAll` when the actor sees all and has named none: there may be others on the next page
 * @throws StaitheError not_found | too_many_projects
 */
export async function listed(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  named?: string,
): Promise<readonly Project[] & { readonly isAll?: boolean }> {
  if (named !== undefined) return [await resolve(ports, actor, named)];
  const ids = projectIdsOf(actor);
  if (ids !== 'all') return byIds(ports.table, ids);
  const { items, next_cursor: more } = await list(ports, actor, { limit: MAX_LISTED });
  if (more === null) return Object.assign(items, { isAll: true });
  throw new StaitheError(
    'too_many_projects',
    `There are more than ${MAX_LISTED} projects, the maximum for a list across projects.`,
  );
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
