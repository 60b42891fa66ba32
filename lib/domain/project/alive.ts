/** Whether a project is there at the very moment at which something is created in it. */
import { notFound } from '../error.ts';
import { type Check, ConditionFailed, type Table, type Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';

/** The item by which a project's id leads to its slug: there as long as the project is, and never written in between. */
const check = (projectId: string): Check => ({
  check: Keys.projectAlias(projectId),
  when: { present: true },
});

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
  try {
    await table.transact([...writes, check(projectId)]);
  } catch (error) {
    if (error instanceof ConditionFailed && error.index === writes.length)
      throw notFound('project', projectId);
    throw error;
  }
}
