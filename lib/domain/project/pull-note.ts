/** Whether a credential that pulls a project's images may still be good: it goes by the project's name, not by its id. */
import type { Ports } from '../ports/index.ts';
import { CREDENTIAL_SECONDS } from '../ports/registry.ts';
import type { Item, Write } from '../ports/table.ts';
import { Keys } from '../storage/keys.ts';
import { createIn } from './create-in.ts';
import type { Project } from './schema.ts';

/** Its revision is the time, so that a deletion meets a note that was written since it looked. */
const noteOf = (projectId: string, issuedAt: number): Item => ({
  ...Keys.pullNote(projectId),
  entity: 'pull_note',
  revision: issuedAt,
  ttl: Math.ceil(issuedAt / 1000) + CREDENTIAL_SECONDS,
});

/**
 * Notes that a credential is about to be given, before it is made: whoever deletes the project sees it, or there is no
 * project any more. @throws StaitheError not_found
 */
export async function recordPull(
  { table, clock }: Pick<Ports, 'table' | 'clock'>,
  { id }: Pick<Project, 'id'>,
): Promise<void> {
  const issuedAt = clock.now().getTime();
  await createIn(table, id, [{ put: noteOf(id, issuedAt), when: { any: true } }]);
}

/**
 * What a deletion needs to know of it.
 * @returns whether a credential may still be good, and the write that holds only while no other note was written
 */
export async function pullsOf(
  { table, clock }: Pick<Ports, 'table' | 'clock'>,
  projectId: string,
): Promise<{ canPull: boolean; remove: Write }> {
  const note = await table.get(Keys.pullNote(projectId));
  const until = note === undefined ? 0 : note.revision + 1000 * CREDENTIAL_SECONDS;
  return {
    canPull: until > clock.now().getTime(),
    remove: {
      remove: Keys.pullNote(projectId),
      when: note === undefined ? { absent: true } : { revision: note.revision },
    },
  };
}
