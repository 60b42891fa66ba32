/** Whether a project exists at the very moment at which something is created in it, and when that was last. */
import { notFound } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { type Check, ConditionFailed, type Item, type Table, type Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import type { Project } from './schema.ts';

type Named = Pick<Project, 'id' | 'slug'>;

/** The revision of a new project's alias: nothing was ever created in the project that somebody may miss. */
const NEW = 1;

/**
 * The item by which a project's id leads to its slug: it exists as long as the project does. Its revision is the time of
 * the newest creation, in milliseconds: a deletion that has read it removes it only while it is the same.
 */
const aliasOf = ({ id, slug }: Named, revision: number): Item => ({
  ...Keys.projectAlias(id),
  entity: 'project_alias',
  revision,
  slug,
});

/** The alias of a new project. */
export const newAlias = (project: Named): Write => ({ put: aliasOf(project, NEW), when: { any: true } });

/** When something was created last, by the alias; undefined when that was never, or by an older version. */
export const usedAt = ({ revision }: Item): Date | undefined =>
  revision === NEW ? undefined : new Date(revision);

/**
 * Writes what is created in a project, unless the project is being deleted: both in one transaction, so that nothing is
 * ever created in a project that is gone. Costs twice the writes, and 2 units for the check (docs/decisions.md).
 * @throws StaitheError not_found | ConditionFailed of one of the writes
 */
export async function createIn(
  table: Table,
  projectId: string,
  writes: readonly (Write | Check)[],
): Promise<void> {
  await transact(table, projectId, writes, { check: Keys.projectAlias(projectId), when: { present: true } });
}

/**
 * The same for builds, artifacts, environments and secrets, with which a project is not empty. The alias is written in
 * place of being checked: 2 units as well.
 * @throws StaitheError not_found | ConditionFailed of one of the writes
 */
export async function createContent(
  { table, clock }: Pick<Ports, 'table' | 'clock'>,
  project: Named,
  writes: readonly (Write | Check)[],
): Promise<void> {
  const alias = aliasOf(project, clock.now().getTime());
  await transact(table, project.id, writes, { put: alias, when: { present: true } });
}

/** @throws StaitheError not_found once the project is deleted */
export async function assertExists(table: Table, projectId: string): Promise<void> {
  if ((await table.get(Keys.projectAlias(projectId))) === undefined) throw notFound('project', projectId);
}

async function transact(
  table: Table,
  projectId: string,
  writes: readonly (Write | Check)[],
  alias: Write | Check,
): Promise<void> {
  try {
    await table.transact([...writes, alias]);
  } catch (error) {
    if (error instanceof ConditionFailed && error.index === writes.length)
      throw notFound('project', projectId);
    throw error;
  }
}
